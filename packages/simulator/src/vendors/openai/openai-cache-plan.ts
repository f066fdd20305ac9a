import { cacheSegments } from '../cache-segments.ts';
import type { CachePlan, SimulatedChat } from '../simulated-chat.ts';

const MIN_TOKENS = 1_024;
const TTL_MS = 300_000;
const LONG_TTL_MS = 86_400_000;

/** Automatic caching, kept apart by `prompt_cache_key`. Source: OpenAI "Prompt caching". */
export function openaiCachePlan(
  body: Record<string, unknown>,
  chat: Pick<SimulatedChat, 'model' | 'tools' | 'turns'>,
): CachePlan {
  return {
    kind: 'automatic',
    scope: JSON.stringify([chat.model, body['prompt_cache_key'] ?? null]),
    minTokens: MIN_TOKENS,
    ttlMs: body['prompt_cache_retention'] === '24h' ? LONG_TTL_MS : TTL_MS,
    segments: cacheSegments(chat),
  };
}
