import { createHmac, randomBytes } from 'node:crypto';

const ID_BYTES = 15;

/**
 * A job's id: random, or derived from tenant and Idempotency-Key, so that the same key finds the same job
 * without a second record. The installation secret keeps ids from being guessed out of known keys.
 */
export async function createJobId({
  tenant,
  idempotencyKey,
  installationSecret,
}: {
  tenant: string;
  idempotencyKey: string | null;
  installationSecret: () => Promise<Buffer>;
}): Promise<string> {
  if (idempotencyKey === null) return `job_${randomBytes(ID_BYTES).toString('hex')}`;
  const hmac = createHmac('sha256', await installationSecret());
  // The length keeps ("a", "bc") and ("ab", "c") apart.
  const digest = hmac.update(`job:${tenant.length}:${tenant}:${idempotencyKey}`).digest('hex');
  return `job_${digest.slice(0, ID_BYTES * 2)}`;
}
