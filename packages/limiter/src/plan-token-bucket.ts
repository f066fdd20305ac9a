import type { BucketPlan, BucketLimit } from './bucket-plan.ts';
import { DEFAULT_BURST_MS, MINUTE_MS } from './bucket-plan.ts';

/**
 * The bucket of tokens that we spend from: the provider's less what arrives late ({@link planRequestBucket} says
 * why), at least half of it; where that is too much for the jitter, the rate is lowered until
 * `capacity + rate × jitter` fits the provider's bucket.
 */
export function planTokenBucket({ perMinute, burst, arrivalJitterMs }: BucketLimit): BucketPlan {
  const ratePerMs = perMinute / MINUTE_MS;
  const providerBurst = burst ?? ratePerMs * DEFAULT_BURST_MS;
  const late = ratePerMs * arrivalJitterMs;
  const capacity = Math.max(providerBurst / 2, providerBurst - late);
  if (capacity + late <= providerBurst) return { capacity, ratePerMs };
  return { capacity, ratePerMs: (providerBurst - capacity) / arrivalJitterMs };
}
