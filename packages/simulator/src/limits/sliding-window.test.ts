import { expect, test } from 'vitest';
import { createSeededRandom } from '../answer/seeded-random.ts';
import { createSlidingWindow } from './sliding-window.ts';

test('holds what came in the last 60 s and nothing older', () => {
  const window = createSlidingWindow();
  window.add(0, 2);
  window.add(30_000, 3);
  expect(window.sum(59_999)).toBe(5);
  expect(window.sum(60_000)).toBe(3);
  expect(window.sum(90_000)).toBe(0);
  expect(window.peak()).toBe(5);
});

test('tells when the next amount fits', () => {
  const window = createSlidingWindow();
  window.add(0, 2);
  window.add(10_000, 2);
  expect(window.waitMs(20_000, 1, 5)).toBe(0);
  expect(window.waitMs(20_000, 2, 5)).toBe(40_000);
  expect(window.waitMs(20_000, 4, 5)).toBe(50_000);
});

test('agrees with a plain count over many entries', () => {
  const random = createSeededRandom(3);
  const window = createSlidingWindow();
  const all: { atMs: number; amount: number }[] = [];
  for (let nowMs = 0, step = 0; step < 4_000; step += 1, nowMs += random() * 60) {
    const amount = 1 + Math.floor(random() * 5);
    window.add(nowMs, amount);
    all.push({ atMs: nowMs, amount });
    if (step % 97 !== 0) continue;
    const counted = all
      .filter(({ atMs }) => atMs > nowMs - 60_000)
      .reduce((sum, entry) => sum + entry.amount, 0);
    expect(window.sum(nowMs)).toBe(counted);
  }
});
