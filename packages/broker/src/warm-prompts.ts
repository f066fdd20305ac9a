import type { Target } from '@sluice/contracts';
import type { Keys } from './keys.ts';
import type { RedisClient } from './script.ts';

/** About as long as vendors keep a prompt that is not used again. */
const WARM_MS = 300_000;
/** What is known is not written again sooner. */
const RENEW_MS = 60_000;
const MAX_REMEMBERED = 2_000;

export interface PromptPlace {
  provider: string;
  model: string;
  /** See `promptPrefix`. */
  prefix: string;
}

/** Who has served a long prompt lately, for all processes; what is lost costs a cache miss. */
export interface WarmPrompts {
  /** The name of the key; null when none is known. Asks Redis only for what this process has not seen. */
  keyFor(place: PromptPlace): Promise<string | null>;
  /** A key has served a prompt of this beginning. Rejects when Redis does not take it. */
  served(place: PromptPlace, key: string): Promise<void>;
  /** The same of targets: who has served a prompt of this beginning, whichever its provider is. */
  targetFor(prefix: string): Promise<Target | null>;
  servedAt(prefix: string, target: Target): Promise<void>;
}

export function createWarmPrompts({ redis, keys }: { redis: RedisClient; keys: Keys }): WarmPrompts {
  const seen = new Map<string, { key: string; untilMs: number; renewAtMs: number }>();

  const remember = (name: string, key: string, ttlMs: number): void => {
    const now = performance.now();
    seen.delete(name);
    seen.set(name, { key, untilMs: now + ttlMs, renewAtMs: now + RENEW_MS });
    const oldest = seen.keys().next().value;
    if (seen.size > MAX_REMEMBERED && oldest !== undefined) seen.delete(oldest);
  };

  const read = async (name: string): Promise<string | null> => {
    const known = seen.get(name);
    if (known && known.untilMs > performance.now()) return known.key;
    const stored = await redis.get(name);
    // Another process may move it on; then ours is wrong for a while, and costs a miss.
    if (stored !== null) remember(name, stored, RENEW_MS);
    return stored;
  };
  const write = async (name: string, key: string): Promise<void> => {
    const known = seen.get(name);
    if (known?.key === key && known.renewAtMs > performance.now()) return;
    remember(name, key, WARM_MS);
    await redis.set(name, key, 'PX', WARM_MS);
  };

  return {
    keyFor: (place) => read(keys.warmPrompt(place)),
    served: (place, key) => write(keys.warmPrompt(place), key),
    targetFor: (prefix) => read(keys.warmTarget(prefix)) as Promise<Target | null>,
    servedAt: (prefix, target) => write(keys.warmTarget(prefix), target),
  };
}
