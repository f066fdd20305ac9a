import type { Batch } from '@sluice/contracts';
import type { Keys } from '../keys.ts';
import type { RedisClient } from '../script.ts';
import type { BatchWebhook } from './batch-record.ts';
import { presentBatch } from './present-batch.ts';
import type { Vault } from '@sluice/vault';
import { decodeBatch } from './stored-batch.ts';

/** A webhook that a batch's event caused. */
export interface BatchWebhookDue {
  batch: Batch;
  tenant: string;
  /** Where the batch itself wants this event; null: only its tenant's endpoints may. */
  webhook: BatchWebhook | null;
  type: string;
  seq: number;
  atMs: number;
}

interface Entry {
  type: string;
  seq: number;
  at_ms: number;
}

/**
 * Hands on the webhooks that scripts wrote beside a batch's change of state; an entry is removed only afterwards,
 * and `deliver` is idempotent by batch and sequence number.
 */
export async function flushBatchOutbox(
  {
    redis,
    keys,
    vault,
    baseUrl,
    deliver,
  }: {
    redis: RedisClient;
    keys: Keys;
    vault: Vault;
    baseUrl: string;
    deliver: (due: BatchWebhookDue) => Promise<void>;
  },
  id: string,
): Promise<void> {
  const lines = await redis.lrange(keys.outbox(id), 0, -1);
  if (lines.length === 0) return;
  // After the entries: the record then has the state that they speak of.
  const record = decodeBatch(await redis.hgetall(keys.batch(id)), vault);
  for (const line of lines) {
    if (record) {
      const { type, seq, at_ms: atMs } = JSON.parse(line) as Entry;
      const batch = presentBatch(record, { baseUrl });
      const asked = (record.webhook?.events as readonly string[] | undefined)?.includes(type) ?? false;
      const webhook = asked ? record.webhook : null;
      await deliver({ batch, tenant: record.tenant, webhook, type, seq, atMs });
    }
    await redis.lrem(keys.outbox(id), 1, line);
  }
}
