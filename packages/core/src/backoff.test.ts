import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fullJitterBackoff } from './backoff.ts';

describe('full-jitter backoff', () => {
  test('the ceiling doubles with every failure until the cap', () => {
    const ceilings = [1, 2, 3, 4, 5, 6].map((failures) =>
      fullJitterBackoff({ baseMs: 100, maxMs: 1_000, failures, random: 0.999999 }),
    );
    expect(ceilings).toEqual([99, 199, 399, 799, 999, 999]);
  });

  test('the smallest wait is none at all', () => {
    expect(fullJitterBackoff({ baseMs: 100, maxMs: 1_000, failures: 5, random: 0 })).toBe(0);
  });

  test('always whole milliseconds between 0 and the ceiling, whatever the number of failures', () => {
    const inputs = fc.record({
      baseMs: fc.integer({ min: 0, max: 100_000 }),
      maxMs: fc.integer({ min: 0, max: 10_000_000 }),
      failures: fc.integer({ min: -1, max: 100_000 }),
      random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    });
    fc.assert(
      fc.property(inputs, (input) => {
        const waitMs = fullJitterBackoff(input);
        expect(Number.isInteger(waitMs)).toBe(true);
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(input.maxMs);
        expect(waitMs).toBeLessThanOrEqual(input.baseMs * 2 ** Math.min(Math.max(0, input.failures - 1), 60));
      }),
    );
  });
});
