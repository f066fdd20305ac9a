import { PLAIN_VAULT, type Vault } from '@sluice/vault';
import { createLanes } from './create-lanes.ts';
import { deliveryId } from './delivery-id.ts';
import type { NewDelivery } from './delivery.ts';
import { laneOf } from './lane-of.ts';
import { readRedisScript, type RedisClient } from './redis-script.ts';
import { createWebhookKeys } from './webhook-keys.ts';

/** `duplicate`: the event was queued before; its delivery goes on, or has ended. */
export type EnqueueDeliveryOutcome = { status: 'queued' | 'duplicate'; id: string };

export interface WebhookOutbox {
  /**
   * Stores a delivery, then queues it. Idempotent by event and receiver, and safe to call again after a crash at any
   * point or after a rejection: each call makes good what an earlier one left undone.
   */
  enqueue(delivery: NewDelivery): Promise<EnqueueDeliveryOutcome>;
  /** Keeps an event that its endpoint does not get, without a body, so that it can be recovered. Idempotent. */
  recordUndelivered(delivery: NewDelivery, error: string): Promise<void>;
}

/** A job has few events that webhooks may ask for; a chain walked for days has more. The newest are shown. */
const MAX_DELIVERIES_OF_JOB = 200;
const MAX_DELIVERIES_OF_TENANT = 100_000;
/** Longer than the default schedule (3.2 days) and the time that an ended delivery is kept (7 days) together. */
const INDEX_TTL_MS = 14 * 86_400_000;
/** How long an event is kept that its endpoint did not get. */
const UNDELIVERED_TTL_MS = 7 * 86_400_000;

/** The connection is borrowed. */
export function createWebhookOutbox({
  redis,
  prefix,
  vault = PLAIN_VAULT,
}: {
  redis: RedisClient;
  prefix: string;
  /** Seals bodies and secrets. @defaultValue as they are */
  vault?: Vault;
}): WebhookOutbox {
  const keys = createWebhookKeys(prefix);
  const lanes = createLanes({ redis, keys });
  const createDelivery = readRedisScript('create-delivery');

  async function index({ jobId, tenant, endpoint }: NewDelivery, id: string): Promise<void> {
    const now = Date.now();
    const of = (key: string, max: number) =>
      redis
        .pipeline()
        .zadd(key, 'NX', now, id)
        .zremrangebyrank(key, 0, -max - 1)
        .zremrangebyscore(key, '-inf', now - INDEX_TTL_MS)
        .pexpire(key, INDEX_TTL_MS)
        .exec();
    await Promise.all([
      jobId === '' ? null : of(keys.ofJob(jobId), MAX_DELIVERIES_OF_JOB),
      of(keys.ofTenant(tenant), MAX_DELIVERIES_OF_TENANT),
      endpoint ? of(keys.toEndpoint(endpoint), MAX_DELIVERIES_OF_TENANT) : null,
    ]);
  }

  const fieldsOf = (delivery: NewDelivery, id: string): (string | number)[] => {
    const sealed = (field: 'secret' | 'body'): string =>
      delivery[field] === '' ? '' : vault.seal(delivery[field], `webhook_delivery/${id}/${field}`);
    return Object.entries({
      v: 1,
      event_id: delivery.eventId,
      url: delivery.url,
      endpoint: delivery.endpoint ?? '',
      secret: sealed('secret'),
      body: sealed('body'),
      job_id: delivery.jobId,
      tenant: delivery.tenant,
      type: delivery.type,
    }).flat();
  };

  return {
    async enqueue(delivery) {
      const id = deliveryId(delivery);
      const known = await redis.hget(keys.delivery(id), 'status');
      if (known === 'delivered' || known === 'failed') return { status: 'duplicate', id };
      // Before the record, so that a crash from here on leaves something for the repair to find.
      await redis.zadd(keys.pending, 'NX', Date.now(), id);
      const [created, status, , nextAttemptAtMs] = (await createDelivery(
        redis,
        keys.delivery(id),
        fieldsOf(delivery, id),
      )) as [string, string, string, string];
      await index(delivery, id);
      if (status === 'pending') {
        await lanes.add({
          lane: laneOf(delivery),
          id,
          dueAtMs: created === 'created' ? 0 : Number(nextAttemptAtMs),
        });
      }
      return { status: created === 'created' ? 'queued' : 'duplicate', id };
    },

    async recordUndelivered(delivery, error) {
      const id = deliveryId(delivery);
      const fields = fieldsOf({ ...delivery, secret: '', body: '' }, id);
      const ended = ['status', 'failed', 'error', error, 'ended_at', Date.now()];
      const [created] = (await createDelivery(redis, keys.delivery(id), [...fields, ...ended])) as [string];
      if (created === 'created') await redis.pexpire(keys.delivery(id), UNDELIVERED_TTL_MS);
      await index(delivery, id);
    },
  };
}
