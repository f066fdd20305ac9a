import type { Redis } from 'ioredis';

const LOOK_EVERY_MS = 100;

/** Redis did not answer while the process started. */
export class RedisNotReadyError extends Error {
  override readonly name = 'RedisNotReadyError';
}

/**
 * Resolves when Redis answers PING.
 * @throws RedisNotReadyError with what to do, after `timeoutMs`.
 */
export async function waitForRedis(
  redis: Redis,
  { timeoutMs = 10_000, address }: { timeoutMs?: number; address: string },
): Promise<void> {
  const until = performance.now() + timeoutMs;
  for (let reason = 'no connection'; ;) {
    try {
      await redis.ping();
      return;
    } catch (error) {
      reason = (error as Error).message;
    }
    if (performance.now() > until) {
      throw new RedisNotReadyError(
        `Redis at ${address} does not answer (${reason}). Start it, or correct REDIS_URL.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
