import { describe, expect, it } from 'vitest';
import { planRequestWindow } from './plan-request-window.ts';

describe('the bucket of requests under windows of 60 s', () => {
  it.each([
    [3, undefined, 250],
    [60, undefined, 250],
    [100, 1, 0],
    [600, undefined, 250],
    [1_000, 500, 1_000],
  ])(
    'never lets a window hold more than %d, with a burst of %s and calls up to %d ms late',
    (perMinute, burst, jitterMs) => {
      const { capacity, ratePerMs } = planRequestWindow({ perMinute, burst, arrivalJitterMs: jitterMs });
      // The fastest grants possible; those of 60 s and the jitter may all arrive within one window.
      const grantsMs = Array.from({ length: perMinute * 2 }, (_, index) =>
        Math.max(0, (index + 1 - capacity) / ratePerMs),
      );
      const most = Math.max(
        ...grantsMs.map((startMs) => {
          return grantsMs.filter((atMs) => atMs >= startMs && atMs < startMs + 60_000 + jitterMs).length;
        }),
      );
      expect(most).toBeLessThanOrEqual(perMinute);
      expect(capacity).toBeLessThanOrEqual(Math.max(1, perMinute * 0.03));
    },
  );

  it('uses at least 95 % of a limit of 100', () => {
    const plan = planRequestWindow({ perMinute: 100, burst: undefined, arrivalJitterMs: 250 });
    expect(plan.ratePerMs * 60_000).toBeGreaterThan(95);
  });
});
