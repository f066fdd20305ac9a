import { createHash, type Hash } from 'node:crypto';
import type { CachePlan } from '../vendors/simulated-chat.ts';
import type { CacheUse } from '../vendors/simulated-completion.ts';

const MAX_ENTRIES = 50_000;
/** Automatic prefixes grow in steps of this size. */
const STEP_TOKENS = 128;
/** How far before a mark a hit is looked for. Source: Anthropic "Prompt caching", 20-block lookback. */
const LOOKBACK_BLOCKS = 20;
const TTL_MS = { '5m': 300_000, '1h': 3_600_000 } as const;

export const NO_CACHE_USE: CacheUse = { readTokens: 0, write5mTokens: 0, write1hTokens: 0 };

export interface PromptCache {
  /** What of this prompt is known, and remembers it. */
  use(plan: CachePlan, nowMs: number): CacheUse;
}

/** What one account's vendor has cached: hashes of prompt prefixes with their end, the oldest forgotten first. */
export function createPromptCache(): PromptCache {
  const entries = new Map<string, { untilMs: number; ttlMs: number }>();

  function isKnown(key: string, nowMs: number): boolean {
    const entry = entries.get(key);
    if (!entry) return false;
    if (entry.untilMs > nowMs) return true;
    entries.delete(key);
    return false;
  }

  function keep(key: string, ttlMs: number, nowMs: number): void {
    const longest = Math.max(ttlMs, entries.get(key)?.ttlMs ?? 0);
    entries.delete(key);
    entries.set(key, { untilMs: nowMs + longest, ttlMs: longest });
    if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value as string);
  }

  function useAutomatic({ scope, minTokens, ttlMs, segments }: CachePlan, nowMs: number): CacheUse {
    const total = segments.reduce((sum, segment) => sum + segment.tokens, 0);
    if (total < minTokens) return NO_CACHE_USE;
    const text = Buffer.from(segments.map(({ content }) => content).join('\n'));
    const hash = createHash('sha256').update(scope);
    let read = 0;
    let unbroken = true;
    for (let tokens = STEP_TOKENS; tokens <= total && tokens * 4 <= text.length; tokens += STEP_TOKENS) {
      hash.update(text.subarray((tokens - STEP_TOKENS) * 4, tokens * 4));
      if (tokens < minTokens) continue;
      const key = endOf(hash);
      unbroken = unbroken && isKnown(key, nowMs);
      if (unbroken) read = tokens;
      keep(key, ttlMs, nowMs);
    }
    return { ...NO_CACHE_USE, readTokens: read };
  }

  function useMarked({ scope, minTokens, segments }: CachePlan, nowMs: number): CacheUse {
    const hash = createHash('sha256').update(scope);
    let tokens = 0;
    const ends = segments.map((segment) => {
      hash.update(`\n${segment.content.length}:${segment.content}`);
      tokens += segment.tokens;
      return { key: endOf(hash), tokens, mark: segment.mark };
    });
    const marks = ends.flatMap((end, index) =>
      end.mark !== null && end.tokens >= minTokens ? [{ ...end, mark: end.mark, index }] : [],
    );
    let readTokens = 0;
    for (const { index } of marks) {
      const near = ends.slice(Math.max(0, index - LOOKBACK_BLOCKS), index + 1);
      const hit = near.findLast(({ key }) => isKnown(key, nowMs));
      readTokens = Math.max(readTokens, hit?.tokens ?? 0);
    }
    const until = (kind: '5m' | '1h' | null): number =>
      marks.reduce(
        (most, mark) => (kind === null || mark.mark === kind ? Math.max(most, mark.tokens) : most),
        readTokens,
      );
    for (const { key, mark } of marks) keep(key, TTL_MS[mark], nowMs);
    const write1hTokens = until('1h') - readTokens;
    return { readTokens, write1hTokens, write5mTokens: until(null) - readTokens - write1hTokens };
  }

  return { use: (plan, nowMs) => (plan.kind === 'automatic' ? useAutomatic : useMarked)(plan, nowMs) };
}

function endOf(hash: Hash): string {
  return hash.copy().digest('base64');
}
