import type { RedisRole } from './connect-redis.ts';
import type { Logger } from './create-logger.ts';
import type { Metrics } from './create-metrics.ts';

/** The same error of a role is logged this often at most: a connection fails again about every second. */
const REPEAT_MS = 30_000;

/** Makes the `onError` of a process's Redis connections: counts every error, logs each kind once in a while. */
export function createRedisErrorLog({
  logger,
  metrics,
}: {
  logger: Logger;
  metrics: Pick<Metrics, 'redisError'>;
}): (role: RedisRole) => (error: Error) => void {
  const loggedAtMs = new Map<string, number>();
  return (role) => (error) => {
    metrics.redisError({ role });
    // An AggregateError (localhost by IPv4 and IPv6) has an empty message.
    const reason = error.message || (error as { code?: string }).code || error.name;
    const kind = `${role} ${reason}`;
    const now = performance.now();
    if (now - (loggedAtMs.get(kind) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return;
    if (loggedAtMs.size > 100) loggedAtMs.clear();
    loggedAtMs.set(kind, now);
    logger.warn({ role, reason }, 'redis connection failed, trying again');
  };
}
