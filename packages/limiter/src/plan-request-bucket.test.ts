import { describe, expect, it } from 'vitest';
import { planRequestBucket } from './plan-request-bucket.ts';

describe('the bucket of requests that we spend from', () => {
  it('is smaller than the provider’s by what may arrive late', () => {
    const plan = planRequestBucket({ perMinute: 600, burst: 10, arrivalJitterMs: 250 });
    expect(plan).toEqual({ capacity: 7.5, ratePerMs: 0.01 });
  });

  it('is smaller by at least one request', () => {
    expect(planRequestBucket({ perMinute: 60, burst: 10, arrivalJitterMs: 250 }).capacity).toBe(9);
  });

  it('holds five seconds’ worth less the margin where no burst is given', () => {
    expect(planRequestBucket({ perMinute: 600, burst: undefined, arrivalJitterMs: 250 }).capacity).toBe(47.5);
  });

  it('spaces calls wider instead where the burst is one', () => {
    const plan = planRequestBucket({ perMinute: 60, burst: 1, arrivalJitterMs: 250 });
    expect(plan.capacity).toBe(1);
    expect(1 / plan.ratePerMs).toBeCloseTo(1_250);
  });

  it.each([
    [600, 1, 250],
    [600, 2, 250],
    [600, 3.4, 250],
    [600, 10, 250],
    [6_000, 10, 250],
    [12, 1, 250],
    [60, 1.5, 1_000],
    [600, 10, 0],
  ])(
    'never exceeds %d/min with a burst of %d when calls arrive up to %d ms late',
    (perMinute, burst, jitterMs) => {
      const plan = planRequestBucket({ perMinute, burst, arrivalJitterMs: jitterMs });
      expect(worstOvershoot({ perMinute, burst, jitterMs, plan })).toBeLessThanOrEqual(1e-6);
    },
  );
});

/** The fastest grants possible, the first n of them delayed until they arrive together with the one after. */
function worstOvershoot(given: {
  perMinute: number;
  burst: number;
  jitterMs: number;
  plan: { capacity: number; ratePerMs: number };
}): number {
  const { capacity, ratePerMs } = given.plan;
  const grantsMs = Array.from({ length: 300 }, (_, index) => Math.max(0, (index + 1 - capacity) / ratePerMs));
  let worst = -Infinity;
  for (let last = 0; last < grantsMs.length; last += 1) {
    for (let first = 0; first <= last; first += 1) {
      const spanMs = Math.max(0, (grantsMs[last] ?? 0) - (grantsMs[first] ?? 0) - given.jitterMs);
      const allowed = given.burst + (spanMs * given.perMinute) / 60_000;
      worst = Math.max(worst, last - first + 1 - allowed);
    }
  }
  return worst;
}
