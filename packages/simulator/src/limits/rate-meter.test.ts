import { describe, expect, test } from 'vitest';
import { createRateMeter, type RateMeter } from './rate-meter.ts';

function send(meter: RateMeter, timesMs: readonly number[], amount = 1): string[] {
  return timesMs.map((atMs) => {
    const crossings = meter.arrive(atMs, amount);
    const refused = crossings.some((crossing) => crossing.refuses);
    if (!refused) meter.admit(atMs, amount);
    return `${refused ? 'refused' : 'admitted'}${crossings.map(({ rule }) => ` ${rule}`).join('')}`;
  });
}

const every = (stepMs: number, count: number, startMs = 0): number[] =>
  Array.from({ length: count }, (_, index) => startMs + index * stepMs);

describe('bucket', () => {
  test('a client that keeps to it crosses nothing, a burst after a pause included', () => {
    const meter = createRateMeter({ perMinute: 600, burst: 10, enforcement: 'bucket', nowMs: 0 });
    expect(new Set(send(meter, [...every(0, 10), ...every(100, 700, 100)]))).toEqual(new Set(['admitted']));
  });

  test('a client that does not is refused, and the windows tell it independently', () => {
    const meter = createRateMeter({ perMinute: 600, burst: 10, enforcement: 'bucket', nowMs: 0 });
    const outcomes = send(meter, every(50, 1_200));
    expect(outcomes.filter((outcome) => outcome.startsWith('admitted'))).toHaveLength(609);
    expect(outcomes.at(-1)).toContain('window');
    expect(meter.state(60_000).peak60s).toBe(1_200);
  });

  test('the default burst is 5 s worth, at least one', () => {
    expect(createRateMeter({ perMinute: 600, enforcement: 'bucket', nowMs: 0 }).state(0).remaining).toBe(50);
    expect(createRateMeter({ perMinute: 2, enforcement: 'bucket', nowMs: 0 }).state(0).remaining).toBe(1);
  });

  test('a call heavier than the burst passes once the bucket is full', () => {
    const meter = createRateMeter({ perMinute: 6_000, burst: 100, enforcement: 'bucket', nowMs: 0 });
    expect(send(meter, [0, 500, 1_000], 5_000)).toEqual(['admitted', 'refused bucket', 'admitted']);
  });
});

test('a window admits the limit in any 60 s and no more, however it comes', () => {
  const meter = createRateMeter({ perMinute: 3, enforcement: 'window', nowMs: 0 });
  expect(send(meter, [0, 1, 2, 30_000, 60_000, 60_001])).toEqual([
    'admitted',
    'admitted',
    'admitted',
    'refused window',
    'admitted',
    'admitted',
  ]);
});

test('both enforces the stricter one', () => {
  const meter = createRateMeter({ perMinute: 60, burst: 2, enforcement: 'both', nowMs: 0 });
  expect(send(meter, [0, 0, 0])).toEqual(['admitted', 'admitted', 'refused bucket']);
  const outcomes = send(meter, every(1_000, 59, 1_000));
  expect(outcomes.filter((outcome) => outcome.startsWith('admitted'))).toHaveLength(58);
});
