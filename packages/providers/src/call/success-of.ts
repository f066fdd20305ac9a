import type { ChatRequest, Warning } from '@sluice/contracts';
import type { ProviderSuccess } from '../provider-adapter.ts';
import { estimateUsage } from './estimate-usage.ts';
import type { VendorAnswer } from './vendor-answer.ts';

export const USAGE_ESTIMATED: Warning = {
  code: 'usage_estimated',
  message:
    'The provider did not report all usage: tokens and cost are estimated from the length of the text.',
  param: null,
};

/** A vendor's answer as the outcome of an attempt; usage that it does not report is estimated, with a warning. */
export function successOf(
  { completion, usage: reported }: VendorAnswer & { status: 'ok' },
  {
    request,
    warnings,
    costUsd = null,
    firstTokenMs,
    rateLimit,
  }: { request: ChatRequest } & Pick<ProviderSuccess, 'warnings' | 'costUsd' | 'firstTokenMs' | 'rateLimit'>,
): ProviderSuccess {
  const usage = reported ?? estimateUsage(request, completion.choices);
  return {
    status: 'ok',
    completion: {
      id: completion.id,
      object: 'chat.completion',
      created: completion.created,
      model: completion.model,
      choices: completion.choices,
      ...(completion.service_tier ? { service_tier: completion.service_tier } : {}),
      ...(completion.system_fingerprint ? { system_fingerprint: completion.system_fingerprint } : {}),
      usage: {
        prompt_tokens: usage.prompt_tokens,
        completion_tokens: usage.completion_tokens,
        total_tokens: usage.total_tokens,
        prompt_tokens_details: {
          cached_tokens: usage.cache_read_tokens,
          ...(usage.audio_input_tokens ? { audio_tokens: usage.audio_input_tokens } : {}),
        },
        completion_tokens_details: {
          reasoning_tokens: usage.reasoning_tokens,
          ...(usage.audio_output_tokens ? { audio_tokens: usage.audio_output_tokens } : {}),
        },
      },
    },
    usage,
    costUsd,
    warnings: reported ? warnings : [...warnings, USAGE_ESTIMATED],
    firstTokenMs,
    rateLimit,
  };
}
