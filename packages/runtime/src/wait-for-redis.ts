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
  // A command without a connection only says that there is none; why is told by the connection's own errors.
  let fault: string | null = null;
  const keepFault = (error: Error): void => {
    fault = error.message || (error as { code?: string }).code || error.name;
  };
  redis.on('error', keepFault);
  try {
    await untilPong(redis, { timeoutMs, address, reason: (error) => fault ?? error.message });
  } finally {
    redis.off('error', keepFault);
  }
}

async function untilPong(
  redis: Redis,
  { timeoutMs, address, reason }: { timeoutMs: number; address: string; reason: (error: Error) => string },
): Promise<void> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      await redis.ping();
      return;
    } catch (error) {
      if (performance.now() > until) {
        throw new RedisNotReadyError(
          `Redis at ${address} does not answer (${reason(error as Error)}). Start it, or correct REDIS_URL.`,
        );
      }
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
