import type { RedisClient } from './script.ts';

/** Milliseconds of Redis' clock. */
export async function serverTimeMs(redis: RedisClient): Promise<number> {
  const [seconds, micros] = (await redis.time()) as unknown as [string, string];
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
}
