import { expect, test } from 'vitest';
import { createSeededRandom } from '../answer/seeded-random.ts';
import { createTokenBucket } from './token-bucket.ts';

test('starts full, empties by what is taken, and refills evenly up to its capacity', () => {
  const bucket = createTokenBucket({ capacity: 10, perMinute: 600, nowMs: 1_000 });
  expect(bucket.available(1_000)).toBe(10);
  bucket.take(1_000, 10);
  expect(bucket.waitMs(1_000, 1)).toBe(100);
  expect(bucket.waitMs(1_050, 1)).toBeCloseTo(50);
  expect(bucket.waitMs(1_100, 1)).toBe(0);
  expect(bucket.available(99_000)).toBe(10);
});

test('a time before the last one refills nothing', () => {
  const bucket = createTokenBucket({ capacity: 1, perMinute: 60, nowMs: 5_000 });
  bucket.take(5_000, 1);
  expect(bucket.available(4_000)).toBe(0);
  expect(bucket.available(5_500)).toBeCloseTo(0.5);
});

test('whatever the arrivals, no span admits more than capacity + rate x span', () => {
  const random = createSeededRandom(7);
  const bucket = createTokenBucket({ capacity: 5, perMinute: 120, nowMs: 0 });
  const admittedAtMs: number[] = [];
  for (let nowMs = 0; nowMs < 120_000; nowMs += random() * 300) {
    if (bucket.waitMs(nowMs, 1) > 0) continue;
    bucket.take(nowMs, 1);
    admittedAtMs.push(nowMs);
  }
  for (const [first, startMs] of admittedAtMs.entries()) {
    for (const [offset, endMs] of admittedAtMs.slice(first).entries()) {
      expect(offset + 1).toBeLessThanOrEqual(5 + ((endMs - startMs) * 120) / 60_000 + 1e-6);
    }
  }
  expect(admittedAtMs.length).toBeGreaterThan(235);
});
