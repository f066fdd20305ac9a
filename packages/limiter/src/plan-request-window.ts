import type { BucketLimit, BucketPlan } from './bucket-plan.ts';
import { MINUTE_MS } from './bucket-plan.ts';
import { WINDOW_BURST_SHARE } from './plan-token-window.ts';

/** Keeps the rate strictly below the one at which a window would just hold one more. */
const BELOW = 1 - 1e-6;

/**
 * The bucket of requests from which no 60 s window holds more than the limit. Arrivals of 60 s are the grants of a
 * span longer by the jitter, of which a bucket of whole requests gives at most `capacity + rate × span`, rounded
 * down; so the rate may be just below `(limit + 1 − capacity) ÷ span`.
 */
export function planRequestWindow({ perMinute, burst, arrivalJitterMs }: BucketLimit): BucketPlan {
  const most = Math.max(1, Math.floor(perMinute * WINDOW_BURST_SHARE));
  const capacity = Math.max(1, Math.min(most, Math.floor(burst ?? most)));
  const room = Math.max(Math.floor(perMinute) + 1 - capacity, perMinute < 1 ? perMinute : 1);
  return { capacity, ratePerMs: (room * BELOW) / (MINUTE_MS + arrivalJitterMs) };
}
