import { retryAfterMs } from '../errors/retry-after-ms.ts';

/** One limit as the vendor states it; null for what it does not say. */
export interface RateLimitState {
  limit: number | null;
  remaining: number | null;
  /** Milliseconds until it is as if unused. */
  resetMs: number | null;
}

/** What an answer's headers say about the limits of the account. */
export interface RateLimitSnapshot {
  retryAfterMs: number | null;
  requests: RateLimitState | null;
  /** Input and output together. */
  tokens: RateLimitState | null;
  inputTokens: RateLimitState | null;
  outputTokens: RateLimitState | null;
}

type Header = (name: string) => string | null;

/**
 * Reads `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` (OpenAI and those who speak its format; resets as
 * `6m0s` or `20ms`), `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}` (resets
 * as RFC 3339 times) and `retry-after(-ms)`. Null when there are none.
 * Source: "Rate limits" in the references of OpenAI and Anthropic.
 */
export function rateLimitHeaders(header: Header, nowMs: number = Date.now()): RateLimitSnapshot | null {
  const openai = (kind: string) => stateOf((field) => header(`x-ratelimit-${field}-${kind}`), nowMs);
  const anthropic = (kind: string) =>
    stateOf((field) => header(`anthropic-ratelimit-${kind}-${field}`), nowMs);
  const snapshot: RateLimitSnapshot = {
    retryAfterMs: retryAfterMs(header, nowMs),
    requests: openai('requests') ?? anthropic('requests'),
    tokens: openai('tokens') ?? anthropic('tokens'),
    inputTokens: anthropic('input-tokens'),
    outputTokens: anthropic('output-tokens'),
  };
  return Object.values(snapshot).some((value) => value !== null) ? snapshot : null;
}

function stateOf(
  header: (field: 'limit' | 'remaining' | 'reset') => string | null,
  nowMs: number,
): RateLimitState | null {
  const limit = count(header('limit'));
  const remaining = count(header('remaining'));
  if (limit === null && remaining === null) return null;
  return { limit, remaining, resetMs: untilReset(header('reset'), nowMs) };
}

function count(text: string | null): number | null {
  return text !== null && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : null;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function untilReset(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  const seconds = count(text);
  if (seconds !== null) return seconds * 1_000;
  if (/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) {
    const parts = Array.from(text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g));
    return parts.reduce((sum, [, value, unit]) => sum + Number(value) * (UNIT_MS[unit ?? ''] ?? 0), 0);
  }
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
