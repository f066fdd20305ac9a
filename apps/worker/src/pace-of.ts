import type { Pace } from '@sluice/broker';
import type { Limits } from '@sluice/contracts';

/** What the release stage may assume of limits; of tokens per minute, the total or the sum of both kinds. */
export function paceOf(limits: Limits | null): Pace {
  const { input_tokens_per_minute: input, output_tokens_per_minute: output } = limits ?? {};
  const kinds = input !== undefined && output !== undefined ? input + output : undefined;
  const tokens = Math.min(limits?.tokens_per_minute ?? Infinity, kinds ?? Infinity);
  return {
    requests: (limits?.requests_per_minute ?? 0) / 60,
    tokens: tokens === Infinity ? 0 : tokens / 60,
    slots: limits?.concurrency ?? 0,
  };
}
