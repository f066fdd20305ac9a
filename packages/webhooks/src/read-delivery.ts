import { PLAIN_VAULT, type Vault } from '@sluice/vault';
import type { Delivery, DeliveryStatus } from './delivery.ts';
import type { RedisClient } from './redis-script.ts';
import { decodeAttempts } from './stored-attempts.ts';
import type { WebhookKeys } from './webhook-keys.ts';

/** Null when there is none, or it has expired. `blind`: without body and secret, which only the deliverer needs. */
export async function readDelivery(
  {
    redis,
    keys,
    vault = PLAIN_VAULT,
    blind = false,
  }: { redis: RedisClient; keys: WebhookKeys; vault?: Vault; blind?: boolean },
  id: string,
): Promise<Delivery | null> {
  const fields = await redis.hgetall(keys.delivery(id));
  if (!fields['status']) return null;
  const opened = (field: 'secret' | 'body'): string =>
    fields[field] && !blind ? vault.open(fields[field], `webhook_delivery/${id}/${field}`) : '';
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
    attempts: decodeAttempts(fields['attempts'] ?? '', id, vault),
    attemptsBefore: Number(fields['attempts_before'] ?? 0),
    turn: Number(fields['turn']),
    createdAtMs: Number(fields['created_at']),
    nextAttemptAtMs: Number(fields['next_at']),
    endedAtMs: fields['ended_at'] ? Number(fields['ended_at']) : null,
    error: fields['error'] ? fields['error'] : null,
  };
}
