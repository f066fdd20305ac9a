import type { Limits } from '@sluice/contracts';
import type { BucketLimit, BucketPlan } from './bucket-plan.ts';
import { planRequestBucket } from './plan-request-bucket.ts';
import { planRequestWindow } from './plan-request-window.ts';
import { planTokenBucket } from './plan-token-bucket.ts';
import { planTokenWindow } from './plan-token-window.ts';

export type RateDimension = 'requests' | 'tokens' | 'input_tokens' | 'output_tokens';
export type DayDimension = 'requests_day' | 'tokens_day';

export interface RatePlan extends BucketPlan {
  dimension: RateDimension;
  /** The most that one call is charged before it is settled: no provider admits more than a minute's worth at once. */
  atMost: number;
  /** The provider counts 60 s windows. */
  window: boolean;
}

export interface DayPlan {
  dimension: DayDimension;
  limit: number;
  /** What is granted in the last milliseconds of a day may arrive in the next one. */
  lateMs: number;
}

/** What holds for one provider, one model or one key. */
export interface ScopePlan {
  rates: readonly RatePlan[];
  days: readonly DayPlan[];
  concurrency: number | null;
  /** Tokens in the provider's own batch queue. */
  queuedTokens: number | null;
  /** The provider charges the estimate when it admits a call: what a call did not take is not refunded. */
  keepsEstimate: boolean;
}

/** Null when the limits limit nothing. */
export function planScope(limits: Limits | null | undefined): ScopePlan | null {
  if (!limits) return null;
  const rates = [
    planRate('requests', limits.requests_per_minute, limits),
    planRate('tokens', limits.tokens_per_minute, limits),
    planRate('input_tokens', limits.input_tokens_per_minute, limits),
    planRate('output_tokens', limits.output_tokens_per_minute, limits),
  ].filter((plan) => plan !== null);
  const days = [
    planDay('requests_day', limits.requests_per_day, limits),
    planDay('tokens_day', limits.tokens_per_day, limits),
  ].filter((plan) => plan !== null);
  const concurrency = limits.concurrency ?? null;
  const queuedTokens = limits.queued_batch_tokens ?? null;
  if (rates.length === 0 && days.length === 0 && concurrency === null && queuedTokens === null) return null;
  return { rates, days, concurrency, queuedTokens, keepsEstimate: limits.token_accounting === 'estimate' };
}

function planRate(dimension: RateDimension, perMinute: number | undefined, limits: Limits): RatePlan | null {
  if (perMinute === undefined) return null;
  const window = limits.enforcement === 'window';
  const burst = dimension === 'requests' ? limits.burst_requests : limits.burst_tokens;
  const limit: BucketLimit = { perMinute, burst, arrivalJitterMs: limits.arrival_jitter_ms };
  const planned = plannerOf(dimension, window)(limit);
  return { dimension, ...planned, atMost: Math.max(perMinute, planned.capacity), window };
}

function plannerOf(dimension: RateDimension, window: boolean): (limit: BucketLimit) => BucketPlan {
  if (dimension === 'requests') return window ? planRequestWindow : planRequestBucket;
  return window ? planTokenWindow : planTokenBucket;
}

function planDay(dimension: DayDimension, limit: number | undefined, limits: Limits): DayPlan | null {
  return limit === undefined ? null : { dimension, limit, lateMs: limits.arrival_jitter_ms };
}
