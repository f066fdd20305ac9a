import { PLAIN_VAULT, type Vault } from '@sluice/vault';
import type { Delivery, DeliveryAttempt, DeliveryStatus } from './delivery.ts';
import type { RedisClient } from './redis-script.ts';
import type { WebhookKeys } from './webhook-keys.ts';

/** Null when there is none, or it has expired. */
export async function readDelivery(
  { redis, keys, vault = PLAIN_VAULT }: { redis: RedisClient; keys: WebhookKeys; vault?: Vault },
  id: string,
): Promise<Delivery | null> {
  const fields = await redis.hgetall(keys.delivery(id));
  if (!fields['status']) return null;
  const opened = (field: 'secret' | 'body'): string =>
    fields[field] ? vault.open(fields[field], `webhook_delivery/${id}/${field}`) : '';
  return {
    id,
    eventId: fields['event_id'] ?? '',
    jobId: fields['job_id'] ?? '',
    tenant: fields['tenant'] ?? '',
    type: fields['type'] ?? '',
    url: fields['url'] ?? '',
    endpoint: fields['endpoint'] || null,
    secret: opened('secret'),
    body: opened('body'),
    status: fields['status'] as DeliveryStatus,
    attempts: JSON.parse(`[${fields['attempts'] ?? ''}]`) as DeliveryAttempt[],
    attemptsBefore: Number(fields['attempts_before'] ?? 0),
    turn: Number(fields['turn']),
    createdAtMs: Number(fields['created_at']),
    nextAttemptAtMs: Number(fields['next_at']),
    endedAtMs: fields['ended_at'] ? Number(fields['ended_at']) : null,
    error: fields['error'] ? fields['error'] : null,
  };
}
