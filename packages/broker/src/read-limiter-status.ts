import { limiterStatusSchema, type LimiterStatus } from '@sluice/contracts';
import type { Keys } from './keys.ts';
import type { RedisClient } from './script.ts';

/** Where the worker that looked last says how a provider's limits stand. */
export function limiterStatusKey(keys: Keys, provider: string): string {
  return `${keys.backlog(provider)}:report`;
}

/** Null when no worker has told lately. */
export async function readLimiterStatus(
  redis: RedisClient,
  { keys, provider }: { keys: Keys; provider: string },
): Promise<LimiterStatus | null> {
  const text = await redis.get(limiterStatusKey(keys, provider));
  const parsed = text === null ? null : limiterStatusSchema.safeParse(JSON.parse(text));
  return parsed?.success ? parsed.data : null;
}
