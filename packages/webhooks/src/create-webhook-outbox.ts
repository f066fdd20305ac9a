import type { ConnectionOptions } from 'bullmq';
import { createTicketQueue } from './create-ticket-queue.ts';
import type { NewDelivery } from './delivery.ts';
import { readRedisScript, type RedisClient } from './redis-script.ts';
import { msUntil } from './ms-until.ts';
import { createWebhookKeys } from './webhook-keys.ts';

/** `duplicate`: the event was queued before; its delivery goes on, or has ended. */
export type EnqueueDeliveryOutcome = { status: 'queued' } | { status: 'duplicate' };

export interface WebhookOutbox {
  /**
   * Stores a delivery, then queues it. Idempotent by event id, and safe to call again after a crash at any point
   * or after a rejection: each call makes good what an earlier one left undone.
   */
  enqueue(delivery: NewDelivery): Promise<EnqueueDeliveryOutcome>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** A job has few events that webhooks may ask for; a chain walked for days has more. The newest are shown. */
const MAX_DELIVERIES_OF_JOB = 100;
/** Longer than the default schedule (3.2 days) and the time that an ended delivery is kept (7 days) together. */
const JOB_INDEX_TTL_MS = 14 * 86_400_000;

/** Both connections are borrowed; they may be the same. */
export function createWebhookOutbox({
  redis,
  queueConnection,
  prefix,
  onError = () => {},
}: {
  redis: RedisClient;
  queueConnection: ConnectionOptions;
  prefix: string;
  /** Errors of the connection that no call reports. */
  onError?: (error: unknown) => void;
}): WebhookOutbox {
  const keys = createWebhookKeys(prefix);
  const tickets = createTicketQueue({ connection: queueConnection, keys, onError });
  const createDelivery = readRedisScript('create-delivery');

  async function index({ jobId, eventId }: NewDelivery): Promise<void> {
    const key = keys.ofJob(jobId);
    await redis
      .pipeline()
      .zadd(key, 'NX', Date.now(), eventId)
      .zremrangebyrank(key, 0, -MAX_DELIVERIES_OF_JOB - 1)
      .pexpire(key, JOB_INDEX_TTL_MS)
      .exec();
  }

  return {
    async enqueue(delivery) {
      const { eventId } = delivery;
      const known = await redis.hget(keys.delivery(eventId), 'status');
      if (known === 'delivered' || known === 'failed') return { status: 'duplicate' };
      // Before the record, so that a crash from here on leaves something for the repair to find.
      await redis.zadd(keys.pending, 'NX', Date.now(), eventId);
      const [created, , turn, nextAttemptAtMs] = (await createDelivery(
        redis,
        keys.delivery(eventId),
        fieldsOf(delivery),
      )) as [string, string, string, string];
      await index(delivery);
      const delayMs = created === 'created' ? 0 : await msUntil(redis, Number(nextAttemptAtMs));
      await tickets.add({ eventId, turn: Number(turn), delayMs });
      return { status: created === 'created' ? 'queued' : 'duplicate' };
    },
    close: () => tickets.close(),
  };
}

function fieldsOf(delivery: NewDelivery): (string | number)[] {
  return Object.entries({
    v: 1,
    url: delivery.url,
    secret: delivery.secret,
    body: delivery.body,
    job_id: delivery.jobId,
    tenant: delivery.tenant,
    type: delivery.type,
  }).flat();
}
