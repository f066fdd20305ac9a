import type { RedisOptions } from 'ioredis';

/**
 * How to connect for a limiter: a command fails at once while there is no connection, and none is sent a second
 * time on its own. An ioredis default would keep commands and run them after an outage, when nobody waits for
 * them any more.
 */
export const limiterRedisOptions = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 2_000,
  // Scripts of one turn of the event loop go out in one write.
  enableAutoPipelining: true,
  retryStrategy: (attempt: number) => Math.min(50 * attempt, 500),
} as const satisfies RedisOptions;
