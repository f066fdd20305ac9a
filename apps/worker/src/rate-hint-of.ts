import type { ProviderHint } from '@sluice/limiter';
import type { ProviderOutcome } from '@sluice/providers';

/** What an outcome teaches the limiter about the provider's limits. */
export function rateHintOf(outcome: ProviderOutcome): ProviderHint {
  const { rateLimit } = outcome;
  const remaining: ProviderHint['remaining'] = {};
  const take = (dimension: keyof ProviderHint['remaining'], left: number | null | undefined): void => {
    if (left !== null && left !== undefined) remaining[dimension] = left;
  };
  take('requests', rateLimit?.requests?.remaining);
  take('tokens', rateLimit?.tokens?.remaining);
  take('input_tokens', rateLimit?.inputTokens?.remaining);
  take('output_tokens', rateLimit?.outputTokens?.remaining);
  const error = outcome.status === 'error' ? outcome.error : null;
  return {
    limited: error?.code === 'rate_limited',
    retryAfterMs: error?.retry_after_ms ?? rateLimit?.retryAfterMs ?? null,
    remaining,
  };
}
