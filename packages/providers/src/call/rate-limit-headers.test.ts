import { describe, expect, test } from 'vitest';
import { rateLimitHeaders } from './rate-limit-headers.ts';

const NOW_MS = Date.parse('2026-03-01T12:00:00Z');
const read = (headers: Record<string, string>) => rateLimitHeaders((name) => headers[name] ?? null, NOW_MS);

describe('rate limit headers', () => {
  test('of OpenAI', () => {
    expect(
      read({
        'x-ratelimit-limit-requests': '500',
        'x-ratelimit-remaining-requests': '499',
        'x-ratelimit-reset-requests': '120ms',
        'x-ratelimit-limit-tokens': '200000',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '6m0.5s',
        'retry-after-ms': '700',
      }),
    ).toEqual({
      retryAfterMs: 700,
      requests: { limit: 500, remaining: 499, resetMs: 120 },
      tokens: { limit: 200_000, remaining: 0, resetMs: 360_500 },
      inputTokens: null,
      outputTokens: null,
    });
  });

  test('of Anthropic', () => {
    const reset = '2026-03-01T12:00:07Z';
    const kinds = ['requests', 'tokens', 'input-tokens', 'output-tokens'];
    const headers = kinds.flatMap((kind, index) => [
      [`anthropic-ratelimit-${kind}-limit`, '1000'],
      [`anthropic-ratelimit-${kind}-remaining`, String(index)],
      [`anthropic-ratelimit-${kind}-reset`, reset],
    ]);
    const state = (remaining: number) => ({ limit: 1_000, remaining, resetMs: 7_000 });
    expect(read(Object.fromEntries(headers) as Record<string, string>)).toEqual({
      retryAfterMs: null,
      requests: state(0),
      tokens: state(1),
      inputTokens: state(2),
      outputTokens: state(3),
    });
  });

  test('that are absent or nonsense are none', () => {
    expect(read({})).toBeNull();
    expect(read({ 'x-ratelimit-remaining-requests': 'plenty' })).toBeNull();
    expect(read({ 'retry-after': '3' })?.retryAfterMs).toBe(3_000);
  });
});
