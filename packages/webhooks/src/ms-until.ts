import { redisNowMs } from './redis-now-ms.ts';
import type { RedisClient } from './redis-script.ts';

/** Milliseconds until a time of Redis' clock; 0 when it has passed. */
export async function msUntil(redis: RedisClient, atMs: number): Promise<number> {
  return Math.max(0, atMs - (await redisNowMs(redis)));
}
