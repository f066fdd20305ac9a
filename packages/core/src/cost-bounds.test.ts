import { expect, test } from 'vitest';
import { costBounds } from './cost-bounds.ts';

const PRICE = { input: 1, output: 10, cache_write_5m: 1.25 };
const request = (more: object = {}) => ({
  messages: [{ role: 'user' as const, content: 'x'.repeat(4_000) }],
  ...more,
});

test('the worst case has the longest answer, and the prompt at its dearest', () => {
  const bounds = costBounds(request({ max_tokens: 100 }), { price: PRICE });
  // 1,000 tokens and half as many again, 4 for the message, at the price of a cache write; 100 tokens of answer.
  expect(bounds?.worstUsd).toBeCloseTo((1_504 * 1.25 + 100 * 10) / 1e6, 12);
  expect(bounds?.expectedUsd).toBeLessThan(bounds?.worstUsd ?? 0);
});

test('thinking that comes on top of the maximum is counted, as far as the model can go', () => {
  const entry = { price: PRICE, max_output_tokens: 64_000, supports: ['reasoning'] };
  const worst = (more: object, vendor = 'anthropic') =>
    (costBounds(request({ max_tokens: 100, ...more }), entry, { vendor })?.worstUsd ?? 0) * 1e5;
  const plain = worst({});
  expect(worst({ reasoning_effort: 'high' }) - plain).toBeCloseTo(16_384, 3);
  expect(worst({ reasoning_effort: 'high', max_tokens: 60_000 }) - plain).toBeCloseTo(63_900, 3);
  expect(worst({ reasoning_effort: 'none' })).toBe(plain);
  // Elsewhere the maximum holds thoughts as well.
  expect(worst({ reasoning_effort: 'high' }, 'openai')).toBe(worst({}, 'openai'));
});

test('without a maximum the model decides how long an answer can be', () => {
  const bounds = costBounds(request(), { price: PRICE, max_output_tokens: 64_000 });
  expect(bounds?.worstUsd).toBeGreaterThan(0.64);
  expect(bounds?.expectedUsd).toBeLessThan(0.01);
});

test('nothing can be said of a model without a price', () => {
  expect(costBounds(request(), {})).toBeNull();
});
