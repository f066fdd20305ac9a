import { expect, test } from 'vitest';
import type { CachePlan } from '../vendors/simulated-chat.ts';
import { createPromptCache } from './prompt-cache.ts';

const MINUTE_MS = 60_000;

function marked(...blocks: [content: string, tokens: number, mark: '5m' | '1h' | null][]): CachePlan {
  const segments = blocks.map(([content, tokens, mark]) => ({ content, tokens, mark }));
  return { kind: 'marked', scope: 'm', minTokens: 100, ttlMs: 0, segments };
}

test('a marked prefix lives for its lifetime, and each read renews it', () => {
  const cache = createPromptCache();
  const plan = marked(['a', 200, '5m']);
  expect(cache.use(plan, 0)).toEqual({ readTokens: 0, write5mTokens: 200, write1hTokens: 0 });
  for (const minute of [4, 8, 12]) expect(cache.use(plan, minute * MINUTE_MS).readTokens).toBe(200);
  expect(cache.use(plan, 17 * MINUTE_MS).readTokens).toBe(0);
  const long = marked(['b', 200, '1h']);
  cache.use(long, 0);
  expect(cache.use(long, 59 * MINUTE_MS).readTokens).toBe(200);
});

test('a hit is looked for at most 20 blocks before a mark', () => {
  const blocks = (count: number): CachePlan =>
    marked(
      ...Array.from({ length: count }, (_, index): [string, number, '5m' | null] => [
        `block ${index}`,
        100,
        index === count - 1 ? '5m' : null,
      ]),
    );
  const cache = createPromptCache();
  cache.use(blocks(1), 0);
  expect(cache.use(blocks(21), 0).readTokens).toBe(100);
  const other = createPromptCache();
  other.use(blocks(1), 0);
  expect(other.use(blocks(22), 0).readTokens).toBe(0);
});

test('automatic prefixes end with what differs, and are forgotten in time', () => {
  const cache = createPromptCache();
  const plan = (text: string): CachePlan => ({
    kind: 'automatic',
    scope: 'm',
    minTokens: 1_024,
    ttlMs: 5 * MINUTE_MS,
    segments: [{ content: text, tokens: text.length / 4, mark: null }],
  });
  const first = 'a'.repeat(8_000);
  const second = `${first.slice(0, 6_000)}${'b'.repeat(2_000)}`;
  expect(cache.use(plan(first), 0).readTokens).toBe(0);
  expect(cache.use(plan(second), 0).readTokens).toBe(1_408);
  expect(cache.use(plan(first), 0).readTokens).toBe(1_920);
  expect(cache.use(plan(first), 6 * MINUTE_MS).readTokens).toBe(0);
});
