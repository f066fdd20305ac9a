import type { BucketLimit, BucketPlan } from './bucket-plan.ts';
import { MINUTE_MS } from './bucket-plan.ts';

/** What may come at once under a window, as a share of the limit: all of it is taken from the rate. */
export const WINDOW_BURST_SHARE = 0.03;

/** The bucket of tokens from which no 60 s window, seen up to the jitter late, holds more than the limit. */
export function planTokenWindow({ perMinute, burst, arrivalJitterMs }: BucketLimit): BucketPlan {
  const most = perMinute * WINDOW_BURST_SHARE;
  const capacity = Math.min(most, burst ?? most);
  return { capacity, ratePerMs: (perMinute - capacity) / (MINUTE_MS + arrivalJitterMs) };
}
