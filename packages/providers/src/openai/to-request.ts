import type { Warning } from '@sluice/contracts';
import type { ChatCompletionCreateParams } from 'openai/resources/chat/completions';
import type { ProviderCall } from '../provider-adapter.ts';
import { mergeProviderOptions } from '../request/merge-provider-options.ts';
import { tokenLimit } from '../request/token-limit.ts';
import { unsupportedParameters } from '../request/unsupported-parameters.ts';
import { answerFormat } from './answer-format.ts';
import type { OpenAiProfile } from './openai-profile.ts';
import { platformParameters } from './platform-parameters.ts';
import { reasoningParameters } from './reasoning-parameters.ts';
import { samplingParameters } from './sampling-parameters.ts';
import { toMessages } from './to-messages.ts';
import { toolParameters } from './tool-parameters.ts';

export type OpenAiBody = ChatCompletionCreateParams;

export interface OpenAiContext {
  profile: OpenAiProfile;
  /** Data URLs of files that had to be fetched, by their URL. */
  files: ReadonlyMap<string, string>;
}

/** The request in OpenAI's chat-completions format, with the server's quirks. */
export function toRequest(
  call: ProviderCall,
  { profile, files }: OpenAiContext,
): { body: OpenAiBody; warnings: Warning[] } {
  const { model, entry, request } = call;
  const messages = toMessages(request, { profile, files });
  const format = answerFormat(call, profile);
  const tools = toolParameters(call, profile);
  const limit = tokenLimit(request, profile.clampTokenLimit ? entry.max_output_tokens : undefined);
  const reasoning = reasoningParameters(call, profile);
  const sampling = samplingParameters(call, profile);
  const platform = platformParameters(call, profile);
  const instruction = format.instruction ? [{ role: 'system' as const, content: format.instruction }] : [];
  const merged = mergeProviderOptions(
    {
      model,
      messages: [...instruction, ...messages],
      ...tools.fields,
      ...format.fields,
      ...(limit.limit === null ? {} : { [profile.tokenLimitField]: limit.limit }),
      ...reasoning.fields,
      ...sampling.fields,
      ...platform.fields,
    },
    request,
    profile.optionNames,
  );
  return {
    body: { ...merged.body, ...streamFields(merged.body, { call, profile }) } as OpenAiBody,
    warnings: [
      ...limit.warnings,
      ...tools.warnings,
      ...format.warnings,
      ...reasoning.warnings,
      ...sampling.warnings,
      ...platform.warnings,
      ...unsupportedParameters(request, [], profile.kind),
      ...merged.warnings,
    ],
  };
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
