import type { Delivery, DeliveryAttempt, DeliveryStatus } from './delivery.ts';
import type { RedisClient } from './redis-script.ts';
import type { WebhookKeys } from './webhook-keys.ts';

/** Null when there is none, or it has expired. */
export async function readDelivery(
  { redis, keys }: { redis: RedisClient; keys: WebhookKeys },
  eventId: string,
): Promise<Delivery | null> {
  const fields = await redis.hgetall(keys.delivery(eventId));
  if (!fields['status']) return null;
  return {
    eventId,
    jobId: fields['job_id'] ?? '',
    tenant: fields['tenant'] ?? '',
    type: fields['type'] ?? '',
    url: fields['url'] ?? '',
    secret: fields['secret'] ?? '',
    body: fields['body'] ?? '',
    status: fields['status'] as DeliveryStatus,
    attempts: JSON.parse(`[${fields['attempts'] ?? ''}]`) as DeliveryAttempt[],
    turn: Number(fields['turn']),
    createdAtMs: Number(fields['created_at']),
    nextAttemptAtMs: Number(fields['next_at']),
    endedAtMs: fields['ended_at'] ? Number(fields['ended_at']) : null,
    error: fields['error'] ? fields['error'] : null,
  };
}
