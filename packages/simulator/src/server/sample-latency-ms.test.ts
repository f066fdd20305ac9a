import { expect, test } from 'vitest';
import { createSeededRandom } from '../answer/seeded-random.ts';
import { latencyProfileSchema } from '../config/latency-profile.ts';
import { sampleLatencyMs } from './sample-latency-ms.ts';

test('hits the percentiles', () => {
  const profile = latencyProfileSchema.parse({ p50_ms: 100, p95_ms: 300, p99_ms: 900 });
  expect([0, 0.5, 0.95, 0.99, 1].map((q) => sampleLatencyMs(profile, q))).toEqual([50, 100, 300, 900, 900]);
  const random = createSeededRandom(5);
  const sample = Array.from({ length: 20_000 }, () => sampleLatencyMs(profile, random())).sort(
    (a, b) => a - b,
  );
  expect(sample[10_000]).toBeGreaterThan(97);
  expect(sample[10_000]).toBeLessThan(103);
  expect(sample[19_000]).toBeGreaterThan(280);
  expect(sample[19_000]).toBeLessThan(330);
});

test('a steady latency', () => {
  const profile = latencyProfileSchema.parse({ min_ms: 50, p50_ms: 50, p95_ms: 50, p99_ms: 50 });
  expect([0, 0.3, 0.7, 1].map((q) => sampleLatencyMs(profile, q))).toEqual([50, 50, 50, 50]);
});

test('zero is zero', () => {
  expect(sampleLatencyMs(latencyProfileSchema.parse({ p50_ms: 0 }), 0.999)).toBe(0);
});
