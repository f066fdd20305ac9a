import { setTimeout as sleep } from 'node:timers/promises';
import { attemptDelivery, type AttemptDeps } from './attempt-delivery.ts';
import type { TicketQueue } from './create-ticket-queue.ts';
import type { NextStep } from './decide-next.ts';
import type { Delivery, DeliveryAttempt } from './delivery.ts';
import { msUntil } from './ms-until.ts';
import { readDelivery } from './read-delivery.ts';
import { readRedisScript, type RedisClient } from './redis-script.ts';
import { parseTicketId } from './ticket-id.ts';
import type { WebhookKeys } from './webhook-keys.ts';

export type EndedDelivery = Delivery & { status: 'delivered' | 'failed' };

export interface TicketProcessorDeps extends AttemptDeps {
  redis: RedisClient;
  keys: WebhookKeys;
  tickets: TicketQueue;
  /** How long an ended delivery is kept. */
  recordTtlMs: number;
  onAttempt: (delivery: Delivery, attempt: DeliveryAttempt) => void;
  onEnded: (delivery: EndedDelivery) => Promise<void> | void;
}

/** Pauses before settling is tried again: the receiver has seen the event, and forgetting that delivers it twice. */
const SETTLE_PAUSES_MS = [100, 400, 1_600];

/**
 * Carries out one ticket: an attempt when it is the delivery's current turn, else whatever is left to do for a
 * delivery that has moved on. Rejects when Redis fails; the repair then queues the delivery again.
 */
export function createTicketProcessor(deps: TicketProcessorDeps): (ticket: string) => Promise<void> {
  const { redis, keys, tickets } = deps;
  const settleDelivery = readRedisScript('settle-delivery');

  async function settle(delivery: Delivery, attempt: DeliveryAttempt, next: NextStep): Promise<void> {
    const args = [
      delivery.turn,
      JSON.stringify(attempt),
      next.status,
      next.status === 'retry' ? next.delayMs : deps.recordTtlMs,
      next.status === 'failed' ? next.error : '',
    ];
    for (const pauseMs of [...SETTLE_PAUSES_MS, null]) {
      try {
        await settleDelivery(redis, keys.delivery(delivery.eventId), args);
        return;
      } catch (error) {
        if (pauseMs === null) throw error;
        await sleep(pauseMs);
      }
    }
  }

  /** Reports an end before the delivery leaves the pending set, so that a crash in between reports it again. */
  async function reportEnd(delivery: EndedDelivery): Promise<void> {
    if ((await redis.zscore(keys.pending, delivery.eventId)) === null) return;
    await deps.onEnded(delivery);
    await redis.zrem(keys.pending, delivery.eventId);
  }

  async function moveOn(eventId: string): Promise<void> {
    const delivery = await readDelivery(deps, eventId);
    if (delivery === null) {
      await redis.zrem(keys.pending, eventId);
    } else if (hasEnded(delivery)) {
      await reportEnd(delivery);
    } else {
      const { turn, nextAttemptAtMs } = delivery;
      await redis.zadd(keys.pending, nextAttemptAtMs, eventId);
      await tickets.add({ eventId, turn, delayMs: await msUntil(redis, nextAttemptAtMs) });
    }
  }

  return async (ticket) => {
    const parsed = parseTicketId(ticket);
    if (parsed === null) return;
    const delivery = await readDelivery(deps, parsed.eventId);
    if (delivery?.status === 'pending' && delivery.turn === parsed.turn) {
      const { attempt, next } = await attemptDelivery(deps, delivery);
      deps.onAttempt(delivery, attempt);
      await settle(delivery, attempt, next);
    }
    await moveOn(parsed.eventId);
  };
}

function hasEnded(delivery: Delivery): delivery is EndedDelivery {
  return delivery.status !== 'pending';
}
