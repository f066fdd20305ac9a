import type { TicketQueue } from './create-ticket-queue.ts';
import { redisNowMs } from './redis-now-ms.ts';
import { readRedisScript, type RedisClient } from './redis-script.ts';
import type { WebhookKeys } from './webhook-keys.ts';

export interface RepairOptions {
  /**
   * How long after its time a delivery is left to its ticket.
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
 * Queues deliveries again that are overdue and have no ticket. A ticket that still waits is left alone, and any
 * number of processes may repair at once: the turn is raised by compare-and-set.
 */
export async function repairDeliveries(
  { redis, keys, tickets }: { redis: RedisClient; keys: WebhookKeys; tickets: TicketQueue },
  { graceMs = 30_000, limit = 500 }: RepairOptions = {},
): Promise<RepairReport> {
  const raiseTurn = readRedisScript('raise-turn');
  const nowMs = await redisNowMs(redis);
  const eventIds = await redis.zrangebyscore(keys.pending, '-inf', nowMs - graceMs, 'LIMIT', 0, limit);
  let requeued = 0;
  for (const eventId of eventIds) {
    const turn = await redis.hget(keys.delivery(eventId), 'turn');
    if (turn === null) {
      // Its creator died before the record, and whoever asked for the delivery asks again; or it has expired.
      await redis.zrem(keys.pending, eventId);
      continue;
    }
    if (!(await tickets.holds(eventId, Number(turn)))) {
      const raised = Number(await raiseTurn(redis, keys.delivery(eventId), [turn]));
      if (raised > 0) {
        await tickets.add({ eventId, turn: raised, delayMs: 0 });
        requeued += 1;
      }
    }
    await redis.zadd(keys.pending, 'XX', 'GT', nowMs, eventId);
  }
  return { checked: eventIds.length, requeued };
}
