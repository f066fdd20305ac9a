import type { MessageCreateParams } from '@anthropic-ai/sdk/resources/messages';
import type { ChatRequest, Warning } from '@sluice/contracts';
import { UnsendableRequest } from '../errors/unsendable-request.ts';
import type { ProviderCall } from '../provider-adapter.ts';
import { buildConversation } from '../request/build-conversation.ts';
import { mergeProviderOptions } from '../request/merge-provider-options.ts';
import { parameterDropped } from '../request/parameter-warning.ts';
import type { RequestPart } from '../request/request-part.ts';
import { stopSequences } from '../request/stop-sequences.ts';
import { tokenLimit } from '../request/token-limit.ts';
import { unsupportedParameters } from '../request/unsupported-parameters.ts';
import { answerFormat } from './answer-format.ts';
import { cacheMinimum } from './cache-minimum.ts';
import { placeCacheBreakpoints } from './place-cache-breakpoints.ts';
import { reasoningParameters } from './reasoning-parameters.ts';
import { samplingParameters } from './sampling-parameters.ts';
import { textBlock, toMessages } from './to-messages.ts';
import { toTools } from './to-tools.ts';

export interface AnthropicBody {
  params: MessageCreateParams;
  /** Name of the tool whose arguments are the answer; null when there is none. */
  answerTool: string | null;
}

/** `max_tokens` is required; this is sent for a model whose own maximum is not known. */
const DEFAULT_MAX_TOKENS = 4_096;
const UNSUPPORTED = [
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'verbosity',
  'prompt_cache_key',
  'prompt_cache_retention',
] as const;
/** Of `provider_options.anthropic`, the broker's own: `false` places no cache breakpoints. */
const AUTOMATIC_CACHE = 'automatic_cache';

/** The request in the Messages format. Source: Anthropic API reference, "Messages". */
export function toRequest(call: ProviderCall): { body: AnthropicBody; warnings: Warning[] } {
  const { model, entry, request } = call;
  if ((request.n ?? 1) > 1) throw new UnsendableRequest('n: Anthropic gives one answer to a request.');
  const conversation = buildConversation(request);
  const messages = toMessages(conversation.turns, call);
  const format = answerFormat(call);
  const tools = toTools(call, { turns: conversation.turns, format });
  const limit = tokenLimit(request, entry.max_output_tokens);
  const reasoning = reasoningParameters(call, {
    turns: conversation.turns,
    answerIsBound: boundBy(tools.choice?.type, messages.messages.at(-1)?.role),
    maxTokens: limit.limit ?? entry.max_output_tokens ?? DEFAULT_MAX_TOKENS,
    isAsked: limit.limit !== null,
  });
  const sampling = samplingParameters(call, reasoning);
  const stop = stopSequences(request, { refusesBlank: true });
  const tier = serviceTier(request);
  const user = userMetadata(request);
  const prompt = placeCacheBreakpoints(
    { tools: tools.tools, system: conversation.system.map(textBlock), messages: messages.messages },
    { minimumTokens: cacheMinimum(model), isAutomatic: wantsAutomaticCache(call) },
  );
  const merged = mergeProviderOptions(
    {
      model,
      max_tokens: reasoning.maxTokens,
      ...(prompt.system.length > 0 ? { system: [...prompt.system] } : {}),
      ...(prompt.tools.length > 0 ? { tools: [...prompt.tools] } : {}),
      ...(tools.choice ? { tool_choice: tools.choice } : {}),
      messages: [...prompt.messages],
      ...reasoning.fields,
      ...outputConfig(reasoning, format),
      ...sampling.fields,
      ...(stop.sequences ? { stop_sequences: stop.sequences } : {}),
      ...tier.fields,
      ...user.fields,
    },
    request,
    ['anthropic'],
  );
  const { [AUTOMATIC_CACHE]: _, ...params } = merged.body as typeof merged.body & {
    [AUTOMATIC_CACHE]?: unknown;
  };
  return {
    body: {
      params: { ...params, ...(call.onDelta ? { stream: true } : {}) },
      answerTool: tools.answerTool,
    },
    warnings: [
      ...conversation.warnings,
      ...messages.warnings,
      ...limit.warnings,
      ...prompt.warnings,
      ...tools.warnings,
      ...(format.way === 'text' ? [] : format.warnings),
      ...reasoning.warnings,
      ...sampling.warnings,
      ...stop.warnings,
      ...unsupportedParameters(request, UNSUPPORTED, 'Anthropic'),
      ...detailWarnings(request),
      ...tier.warnings,
      ...user.warnings,
      ...merged.warnings,
    ],
  };
}

/** What leaves no room for thoughts ahead of the answer. */
function boundBy(choice: string | undefined, lastRole: string | undefined): string | null {
  if (choice === 'any' || choice === 'tool') return 'a forced tool call';
  return lastRole === 'assistant' ? 'an answer that the conversation begins' : null;
}

function outputConfig(reasoning: RequestPart, format: ReturnType<typeof answerFormat>): object {
  if (format.way !== 'native') return {};
  const effort = reasoning.fields['output_config'] as object | undefined;
  return { output_config: { ...effort, format: { type: 'json_schema', schema: format.schema } } };
}

function wantsAutomaticCache({ request, entry }: ProviderCall): boolean {
  const options = request.provider_options?.['anthropic'];
  if (options && (options[AUTOMATIC_CACHE] === false || 'cache_control' in options)) return false;
  return entry.supports?.includes('prompt_caching') ?? false;
}

/** Source: Anthropic's guide "Service tiers": priority capacity is used when the account has it. */
function serviceTier({ service_tier: tier }: ChatRequest): RequestPart {
  if (tier === 'flex') {
    return { fields: {}, warnings: [parameterDropped('service_tier', 'Anthropic has no flex tier')] };
  }
  if (tier === undefined || tier === 'auto') return { fields: {}, warnings: [] };
  return { fields: { service_tier: tier === 'priority' ? 'auto' : 'standard_only' }, warnings: [] };
}

/** The API refuses user ids that identify a person, such as e-mail addresses. */
function userMetadata({ user, safety_identifier: identifier }: ChatRequest): RequestPart {
  const warnings: Warning[] = [];
  if (identifier !== undefined && user !== undefined && user !== identifier) {
    warnings.push(parameterDropped('user', 'safety_identifier is given as well and wins'));
  }
  const id = identifier ?? user;
  if (id === undefined || id === '') return { fields: {}, warnings };
  if (/^\S+@\S+$/.test(id)) {
    const param = identifier === undefined ? 'user' : 'safety_identifier';
    warnings.push(parameterDropped(param, 'Anthropic refuses e-mail addresses as user ids'));
    return { fields: {}, warnings };
  }
  return { fields: { metadata: { user_id: id } }, warnings };
}

function detailWarnings({ messages }: ChatRequest): Warning[] {
  const isAsked = messages.some(
    ({ role, content }) =>
      role === 'user' &&
      typeof content !== 'string' &&
      content.some((part) => part.type === 'image_url' && (part.image_url.detail ?? 'auto') !== 'auto'),
  );
  return isAsked ? [parameterDropped('image_url.detail', 'Anthropic has no levels of detail')] : [];
}
