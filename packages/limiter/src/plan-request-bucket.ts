import type { BucketPlan, BucketLimit } from './bucket-plan.ts';
import { DEFAULT_BURST_MS, MINUTE_MS } from './bucket-plan.ts';

/**
 * The bucket of requests that we spend from, so that the provider's own is never exceeded.
 *
 * The provider sees calls up to `arrivalJitterMs` late, hence bunched. Arrivals in any time span are the grants of
 * a span that is longer by the jitter, so ours holds `rate × jitter` less than the provider's, and at least one
 * request less. Where that leaves less than one request, grants are spaced wider instead: with one request at a
 * time, the n-th call after the first arrives at the earliest `n × spacing − jitter` after it, and the provider
 * must have refilled `n + 1 − burst` by then. That binds most at the first n that its burst does not cover.
 */
export function planRequestBucket({ perMinute, burst, arrivalJitterMs }: BucketLimit): BucketPlan {
  const ratePerMs = perMinute / MINUTE_MS;
  const providerBurst = Math.max(1, burst ?? ratePerMs * DEFAULT_BURST_MS);
  const late = ratePerMs * arrivalJitterMs;
  const capacity = providerBurst - Math.max(1, late);
  if (capacity >= 1) return { capacity, ratePerMs };
  const excess = Math.max(0, 1 + late - providerBurst);
  return { capacity: 1, ratePerMs: ratePerMs / (1 + excess / Math.floor(providerBurst)) };
}
