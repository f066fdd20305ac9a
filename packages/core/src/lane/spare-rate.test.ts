import { expect, test } from 'vitest';
import { spareRate } from './spare-rate.ts';

const unlimited = {
  requestsPerSecond: 0,
  tokensPerSecond: 0,
  tokensPerLine: 1_000,
  share: 1,
  defaultPerSecond: 5,
};

test('the tighter of both limits counts', () => {
  expect(spareRate({ ...unlimited, requestsPerSecond: 8, tokensPerSecond: 2_000 })).toBe(2);
  expect(spareRate({ ...unlimited, requestsPerSecond: 1, tokensPerSecond: 2_000 })).toBe(1);
});

test('the configured rate counts where no limit tells', () => {
  expect(spareRate(unlimited)).toBe(5);
});

test('while others wait only the share of the lines is theirs', () => {
  expect(spareRate({ ...unlimited, requestsPerSecond: 8, share: 0.25 })).toBe(2);
});
