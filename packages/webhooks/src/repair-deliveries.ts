import type { Lanes } from './create-lanes.ts';
import { laneOf } from './lane-of.ts';
import { redisNowMs } from './redis-now-ms.ts';
import type { RedisClient } from './redis-script.ts';
import type { WebhookKeys } from './webhook-keys.ts';

export interface RepairOptions {
  /**
   * How long after its time a delivery is left to its lane.
   * @defaultValue 30,000
   */
  graceMs?: number;
  /**
   * Deliveries looked at in one call.
   * @defaultValue 500
   */
  limit?: number;
}

export interface RepairReport {
  checked: number;
  requeued: number;
}

/**
 * Queues deliveries again that are overdue and that no lane has: their process died between the record and the lane,
 * or before it reported the end. Any number of processes may repair at once.
 */
export async function repairDeliveries(
  { redis, keys, lanes }: { redis: RedisClient; keys: WebhookKeys; lanes: Lanes },
  { graceMs = 30_000, limit = 500 }: RepairOptions = {},
): Promise<RepairReport> {
  const nowMs = await redisNowMs(redis);
  const ids = await redis.zrangebyscore(keys.pending, '-inf', nowMs - graceMs, 'LIMIT', 0, limit);
  let requeued = 0;
  for (const id of ids) {
    const [tenant, url, endpoint] = await redis.hmget(keys.delivery(id), 'tenant', 'url', 'endpoint');
    if (!tenant || !url) {
      // Its creator died before the record, and whoever asked for the delivery asks again; or it has expired.
      await redis.zrem(keys.pending, id);
      continue;
    }
    const lane = laneOf({ tenant, url, endpoint: endpoint ?? null });
    if (!(await lanes.holds({ lane, id }))) {
      await lanes.add({ lane, id });
      requeued += 1;
    }
    await redis.zadd(keys.pending, 'XX', 'GT', nowMs, id);
  }
  return { checked: ids.length, requeued };
}
