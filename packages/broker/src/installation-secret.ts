import { randomBytes } from 'node:crypto';
import { PLAIN_VAULT, type Vault } from '@sluice/vault';
import type { Redis } from 'ioredis';

const PLACE = 'installation_secret';

/**
 * Returns a function that answers the installation's own secret: 32 random bytes, made once by whichever process
 * asks first and kept in Redis for ever. It never leaves the broker; ids and secrets are derived from it.
 * The first success is remembered; a failure (Redis away) is not, so the next call tries again.
 */
export function createInstallationSecret({
  redis,
  prefix,
  vault = PLAIN_VAULT,
}: {
  /** Borrowed. */
  redis: Pick<Redis, 'set' | 'get'>;
  prefix: string;
  /** Seals it. @defaultValue stored as it is */
  vault?: Vault;
}): () => Promise<Buffer> {
  const key = `${prefix}:installation_secret`;
  let known: Buffer | null = null;
  return async () => {
    if (known) return known;
    await redis.set(key, vault.seal(randomBytes(32).toString('base64'), PLACE), 'NX');
    const stored = await redis.get(key);
    if (stored === null) throw new Error(`Redis lost ${key} right after it was written.`);
    known = Buffer.from(vault.open(stored, PLACE), 'base64');
    return known;
  };
}
