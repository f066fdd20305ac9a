import { cacheSegments } from '../cache-segments.ts';
import type { CachePlan, SimulatedChat } from '../simulated-chat.ts';

const TTL_MS = 300_000;

/** Implicit caching. Source: Gemini API docs "Context caching", minimum input tokens. */
export function googleCachePlan(chat: SimulatedChat): CachePlan {
  return {
    kind: 'automatic',
    scope: chat.model,
    minTokens: /pro|^gemini-[3-9]/.test(chat.model) ? 4_096 : 1_024,
    ttlMs: TTL_MS,
    segments: cacheSegments(chat),
  };
}
