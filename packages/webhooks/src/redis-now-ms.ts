import type { RedisClient } from './redis-script.ts';

/** The clock that all processes share, in ms since 1970. */
export async function redisNowMs(redis: RedisClient): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
}
