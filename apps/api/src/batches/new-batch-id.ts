import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { TenantBatches } from '@sluice/broker';

const ID_BYTES = 12;

export interface BatchIdentity {
  tenant: string;
  keyId: string;
  /** Of everything that was sent. */
  bodyHash: string;
  idempotencyKey: string | null;
  /** `x-stainless-retry-count`: the vendors' clients send the same request again after a 5xx or a lost connection. */
  isSentAgain: boolean;
}

/**
 * The id that a new batch gets. With an Idempotency-Key it follows from the key. Without one it is random, unless the
 * client says that it sends the request again and the same key sent the same body within the last minutes: then it
 * is the id that the body was given before, and no second batch comes of it.
 */
export async function newBatchId(
  { tenant, keyId, bodyHash, idempotencyKey, isSentAgain }: BatchIdentity,
  {
    batches,
    installationSecret,
  }: { batches: Pick<TenantBatches, 'recentId' | 'rememberId'>; installationSecret: () => Promise<Buffer> },
): Promise<string> {
  if (idempotencyKey !== null) {
    const hmac = createHmac('sha256', await installationSecret());
    const digest = hmac.update(`batch:${tenant.length}:${tenant}:${idempotencyKey}`).digest('hex');
    return `batch_${digest.slice(0, ID_BYTES * 2)}`;
  }
  const digest = createHash('sha256').update(`${tenant}\n${keyId}\n${bodyHash}`).digest('hex');
  const known = isSentAgain ? await batches.recentId(digest) : null;
  const id = known ?? `batch_${randomBytes(ID_BYTES).toString('hex')}`;
  await batches.rememberId(digest, id);
  return id;
}
