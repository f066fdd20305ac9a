import type { MessageCreateParams } from '@anthropic-ai/sdk/resources/messages';
import type { Warning } from '@sluice/contracts';
import type { ProviderCall } from '../provider-adapter.ts';
import { conversationTurns, type Turn } from '../request/conversation-turns.ts';
import { mergeProviderOptions } from '../request/merge-provider-options.ts';
import { parameterChanged, parameterDropped } from '../request/parameter-warning.ts';
import { stopSequences } from '../request/stop-sequences.ts';
import { tokenLimit } from '../request/token-limit.ts';

export type AnthropicBody = MessageCreateParams;

/** `max_tokens` is required; this is sent for a model whose own maximum is not known. */
const DEFAULT_MAX_TOKENS = 4_096;
const MAX_TEMPERATURE = 1;
const UNSUPPORTED = ['seed', 'frequency_penalty', 'presence_penalty'] as const;

/** The request in the Messages format. Source: Anthropic API reference, "Messages". */
export function toRequest(call: ProviderCall): { body: AnthropicBody; warnings: Warning[] } {
  const { model, entry, request } = call;
  const conversation = conversationTurns(request);
  const messages = messagesOf(conversation.turns, call);
  const limit = tokenLimit(request, entry.max_output_tokens);
  const sampling = samplingParameters(call);
  const stop = stopSequences(request, { refusesBlank: true });
  const user = userMetadata(request.user);
  const merged = mergeProviderOptions(
    {
      model,
      max_tokens: limit.limit ?? entry.max_output_tokens ?? DEFAULT_MAX_TOKENS,
      ...(conversation.system.length > 0
        ? { system: conversation.system.map((text) => ({ type: 'text' as const, text })) }
        : {}),
      messages: messages.messages,
      ...sampling.fields,
      ...(stop.sequences ? { stop_sequences: stop.sequences } : {}),
      ...user.fields,
    },
    request,
    ['anthropic'],
  );
  return {
    body: { ...merged.body, ...(call.onDelta ? { stream: true } : {}) },
    warnings: [
      ...conversation.warnings,
      ...messages.warnings,
      ...limit.warnings,
      ...sampling.warnings,
      ...stop.warnings,
      ...UNSUPPORTED.filter((param) => request[param] !== undefined).map((param) =>
        parameterDropped(param, 'Anthropic has no such parameter'),
      ),
      ...user.warnings,
      ...merged.warnings,
    ],
  };
}

/** The API refuses a conversation that ends with an assistant turn in white space, and some models any such one. */
function messagesOf(
  turns: readonly Turn[],
  { entry, model }: ProviderCall,
): { messages: MessageCreateParams['messages']; warnings: Warning[] } {
  const warnings: Warning[] = [];
  const kept = turns.map(({ role, texts }) => ({ role, texts: [...texts] }));
  const last = kept.at(-1);
  if (last?.role === 'assistant') {
    if (entry.rejects?.includes('assistant_prefill') && kept.length > 1) {
      kept.pop();
      warnings.push(
        parameterDropped('messages', `${model} refuses a conversation that ends with an assistant turn`),
      );
    } else {
      last.texts = trimEnd(last.texts);
      if (last.texts.length === 0) kept.pop();
    }
  }
  return {
    messages: kept.map(({ role, texts }) => ({
      role,
      content: texts.map((text) => ({ type: 'text', text })),
    })),
    warnings,
  };
}

function trimEnd(texts: readonly string[]): string[] {
  const kept = [...texts];
  while (kept.length > 0) {
    const trimmed = (kept.pop() as string).trimEnd();
    if (trimmed !== '') return [...kept, trimmed];
  }
  return kept;
}

interface Part {
  fields: Record<string, unknown>;
  warnings: Warning[];
}

function samplingParameters({ request, entry, model }: ProviderCall): Part {
  const { temperature, top_p: topP } = request;
  const part: Part = { fields: {}, warnings: [] };
  if (entry.rejects?.includes('sampling_params')) {
    for (const param of ['temperature', 'top_p'] as const) {
      if (request[param] === undefined) continue;
      part.warnings.push(parameterDropped(param, `${model} refuses sampling parameters`));
    }
    return part;
  }
  if (temperature !== undefined) {
    part.fields['temperature'] = Math.min(temperature, MAX_TEMPERATURE);
    if (temperature > MAX_TEMPERATURE) {
      part.warnings.push(
        parameterChanged('temperature', `${temperature} to 1, the most that Anthropic takes`),
      );
    }
  }
  if (topP === undefined) return part;
  // Models since Claude Opus 4.1 refuse both at once.
  if (temperature === undefined) part.fields['top_p'] = topP;
  else part.warnings.push(parameterDropped('top_p', 'Anthropic takes temperature or top_p, not both'));
  return part;
}

/** The API refuses user ids that identify a person, such as e-mail addresses. */
function userMetadata(user: string | undefined): Part {
  if (user === undefined) return { fields: {}, warnings: [] };
  if (/^\S+@\S+$/.test(user)) {
    return {
      fields: {},
      warnings: [parameterDropped('user', 'Anthropic refuses e-mail addresses as user ids')],
    };
  }
  return { fields: { metadata: { user_id: user } }, warnings: [] };
}
