/**
 * When to come again, in the headers that OpenAI's clients and others read; null: never, so not to be tried again.
 * Source: openai-node `retryRequest`: `retry-after-ms`, then `retry-after` in seconds; `x-should-retry` goes over both.
 */
export function retryHeaders(retryAfterMs: number | null): Record<string, string> {
  if (retryAfterMs === null) return { 'x-should-retry': 'false' };
  return {
    'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))),
    'retry-after-ms': String(Math.max(1, Math.ceil(retryAfterMs))),
  };
}
