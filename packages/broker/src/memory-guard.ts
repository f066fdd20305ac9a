import { Cluster } from 'ioredis';
import type { RedisClient } from './script.ts';

const CHECK_EVERY_MS = 1_000;
/** An answer of this age is still given while a new one is asked for: no caller waits for it. */
const GOOD_FOR_MS = 10_000;
const FULL_AT = 0.8;

/**
 * Tells whether Redis is above 80 % of its memory limit, asking at most once a second; without a limit, never. Only the
 * first caller after 10 s of quiet waits for the answer.
 */
export function createMemoryGuard({
  redis,
  nowMs = () => performance.now(),
}: {
  redis: RedisClient;
  nowMs?: () => number;
}) {
  let full = false;
  let checkedAtMs = -Infinity;
  const check = async (): Promise<void> => {
    const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis];
    const infos = await Promise.all(nodes.map((node) => node.info('memory')));
    full = infos.some((info) => {
      const used = Number(/^used_memory:(\d+)/m.exec(info)?.[1] ?? 0);
      const limit = Number(/^maxmemory:(\d+)/m.exec(info)?.[1] ?? 0);
      return limit > 0 && used > FULL_AT * limit;
    });
  };
  return {
    async isFull(): Promise<boolean> {
      const now = nowMs();
      const ageMs = now - checkedAtMs;
      if (ageMs < CHECK_EVERY_MS) return full;
      checkedAtMs = now;
      const checked = check();
      // The submission itself meets whatever is wrong with Redis.
      if (ageMs < GOOD_FOR_MS) checked.catch(() => undefined);
      else await checked;
      return full;
    },
  };
}
