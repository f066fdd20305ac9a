import type { Limits } from '@sluice/contracts';
import type { BucketPlan } from './bucket-plan.ts';
import { planRequestBucket } from './plan-request-bucket.ts';
import { planTokenBucket } from './plan-token-bucket.ts';

/** What holds for one provider or one model. */
export interface ScopePlan {
  requests: BucketPlan | null;
  tokens: BucketPlan | null;
  /** The most that one call is charged before it is settled: no provider admits more than a minute's worth at once. */
  tokensAtMost: number;
  concurrency: number | null;
}

/** Null when the limits limit nothing. */
export function planScope(limits: Limits | null | undefined): ScopePlan | null {
  if (!limits) return null;
  const { requests_per_minute, tokens_per_minute, concurrency, arrival_jitter_ms: arrivalJitterMs } = limits;
  if (requests_per_minute === undefined && tokens_per_minute === undefined && concurrency === undefined) {
    return null;
  }
  const requests =
    requests_per_minute === undefined
      ? null
      : planRequestBucket({ perMinute: requests_per_minute, burst: limits.burst_requests, arrivalJitterMs });
  const tokens =
    tokens_per_minute === undefined
      ? null
      : planTokenBucket({ perMinute: tokens_per_minute, burst: limits.burst_tokens, arrivalJitterMs });
  return {
    requests,
    tokens,
    tokensAtMost: Math.max(tokens_per_minute ?? 0, tokens?.capacity ?? 0),
    concurrency: concurrency ?? null,
  };
}
