import { expect, test } from 'vitest';
import { isSlow, type RunningPace, type TargetPace } from './is-slow.ts';
import { latencyBucket, latencyQuantile } from './latency-histogram.ts';

const NOW = 1_000_000;
const usual: RunningPace = { calls: 100, baseline: Math.log(200), latestCalls: 8, latest: Math.log(210) };
const slow: RunningPace = { ...usual, latest: Math.log(700) };
const pace = (over: Partial<TargetPace>): TargetPace => ({
  lastMs: NOW,
  firstToken: usual,
  token: usual,
  ...over,
});
const judge = (of: TargetPace, nowMs = NOW) => isSlow(of, { nowMs, factor: 3, minCalls: 50 });

test('slow is what lies far above its own baseline, in first tokens or in tokens', () => {
  expect(judge(pace({}))).toBe(false);
  expect(judge(pace({ firstToken: slow }))).toBe(true);
  expect(judge(pace({ token: slow }))).toBe(true);
  expect(judge(pace({ token: { ...usual, latest: Math.log(590) } }))).toBe(false);
});

test('what is not known well, or was measured long ago, is not slow', () => {
  expect(judge(pace({ token: { ...slow, calls: 49 } }))).toBe(false);
  expect(judge(pace({ token: { ...slow, latestCalls: 4 } }))).toBe(false);
  expect(judge(pace({ token: slow }), NOW + 60_001)).toBe(false);
});

test('quantiles of a histogram are right to 7 %', () => {
  const counts = new Map<number, number>();
  for (let ms = 1; ms <= 10_000; ms += 1) {
    const bucket = latencyBucket(ms);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  for (const quantile of [0.5, 0.95]) {
    const found = latencyQuantile(counts, quantile) as number;
    expect(Math.abs(found / (10_000 * quantile) - 1)).toBeLessThan(0.075);
  }
  expect(latencyQuantile(new Map(), 0.5)).toBeNull();
});
