import { contentText, type ChatRequest, type Warning } from '@sluice/contracts';
import type {
  ChatCompletionCreateParams,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import type { ProviderCall } from '../provider-adapter.ts';
import { mergeProviderOptions } from '../request/merge-provider-options.ts';
import { parameterChanged, parameterDropped } from '../request/parameter-warning.ts';
import { stopSequences } from '../request/stop-sequences.ts';
import { tokenLimit } from '../request/token-limit.ts';
import type { OpenAiProfile } from './openai-profile.ts';

export type OpenAiBody = ChatCompletionCreateParams;

/** The request in OpenAI's chat-completions format, with the server's quirks. */
export function toRequest(
  call: ProviderCall,
  profile: OpenAiProfile,
): { body: OpenAiBody; warnings: Warning[] } {
  const { model, entry, request } = call;
  const limit = tokenLimit(request, profile.clampTokenLimit ? entry.max_output_tokens : undefined);
  const stop = stopSequences(request, profile.maxStops === null ? {} : { maxCount: profile.maxStops });
  const sampling = samplingParameters(call, profile);
  const seed = seedParameter(request, profile);
  const user = userParameter(request, profile);
  const merged = mergeProviderOptions(
    {
      model,
      messages: request.messages.map((message) => toMessage(message, profile)),
      ...(limit.limit === null ? {} : { [profile.tokenLimitField]: limit.limit }),
      ...sampling.fields,
      ...(stop.sequences ? { stop: stop.sequences } : {}),
      ...seed.fields,
      ...user.fields,
    },
    request,
    profile.optionNames,
  );
  return {
    body: { ...merged.body, ...streamFields(merged.body, { call, profile }) },
    warnings: [
      ...limit.warnings,
      ...sampling.warnings,
      ...stop.warnings,
      ...seed.warnings,
      ...user.warnings,
      ...merged.warnings,
    ],
  };
}

interface Part {
  fields: Record<string, unknown>;
  warnings: Warning[];
}

/** Without `include_usage` a stream ends without usage and can't be billed. */
function streamFields(
  body: object & { stream_options?: unknown },
  { call, profile }: { call: ProviderCall; profile: OpenAiProfile },
): object {
  if (!call.onDelta) return {};
  if (!profile.sendStreamOptions) return { stream: true };
  const options = typeof body.stream_options === 'object' ? body.stream_options : null;
  return { stream: true, stream_options: { ...options, include_usage: true } };
}

function toMessage(
  message: ChatRequest['messages'][number],
  profile: OpenAiProfile,
): ChatCompletionMessageParam {
  const role = profile.plainMessages && message.role === 'developer' ? 'system' : message.role;
  const content =
    profile.plainMessages || typeof message.content === 'string'
      ? contentText(message.content)
      : message.content.map(({ type, text }) => ({ type, text }));
  const name = message.name === undefined ? {} : { name: message.name };
  return { role, content, ...name };
}

const SAMPLING = ['temperature', 'top_p', 'frequency_penalty', 'presence_penalty'] as const;

function samplingParameters({ entry, request, model }: ProviderCall, profile: OpenAiProfile): Part {
  const part: Part = { fields: {}, warnings: [] };
  const modelRejects = entry.rejects?.includes('sampling_params') ?? false;
  for (const param of SAMPLING) {
    const value = request[param];
    if (value === undefined) continue;
    if (modelRejects) {
      part.warnings.push(parameterDropped(param, `${model} refuses sampling parameters`));
    } else if ((profile.unsupported as ReadonlySet<string>).has(param)) {
      part.warnings.push(parameterDropped(param, `${profile.kind} has no such parameter`));
    } else if (param === 'temperature' && value > profile.maxTemperature) {
      part.fields[param] = profile.maxTemperature;
      part.warnings.push(
        parameterChanged(param, `${value} to ${profile.maxTemperature}, the most that ${profile.kind} takes`),
      );
    } else {
      part.fields[param] = value;
    }
  }
  return part;
}

function seedParameter({ seed }: ChatRequest, { kind, seedField }: OpenAiProfile): Part {
  if (seed === undefined) return { fields: {}, warnings: [] };
  if (seedField === null)
    return { fields: {}, warnings: [parameterDropped('seed', `${kind} has no such parameter`)] };
  return { fields: { [seedField]: seed }, warnings: [] };
}

function userParameter({ user }: ChatRequest, { kind, unsupported }: OpenAiProfile): Part {
  if (user === undefined) return { fields: {}, warnings: [] };
  return unsupported.has('user')
    ? { fields: {}, warnings: [parameterDropped('user', `${kind} has no such parameter`)] }
    : { fields: { user }, warnings: [] };
}
