import { describe, expect, it } from 'vitest';
import { planTokenBucket } from './plan-token-bucket.ts';

describe('the bucket of tokens that we spend from', () => {
  it('holds five seconds’ worth less what may arrive late', () => {
    const plan = planTokenBucket({ perMinute: 60_000, burst: undefined, arrivalJitterMs: 250 });
    expect(plan).toEqual({ capacity: 4_750, ratePerMs: 1 });
  });

  it('fits a burst smaller than the jitter’s worth by refilling more slowly', () => {
    const plan = planTokenBucket({ perMinute: 60_000, burst: 100, arrivalJitterMs: 250 });
    expect(plan.capacity).toBe(50);
    expect(plan.capacity + plan.ratePerMs * 250).toBeCloseTo(100);
  });

  it('is the provider’s own without jitter', () => {
    const plan = planTokenBucket({ perMinute: 60_000, burst: 100, arrivalJitterMs: 0 });
    expect(plan).toEqual({ capacity: 100, ratePerMs: 1 });
  });
});
