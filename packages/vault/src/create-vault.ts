import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { RingKey } from './parse-key-ring.ts';
import { PLAIN_VAULT, SEALED_PREFIX, VaultError, type Vault } from './vault.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/**
 * AES-256-GCM with a key for each place, derived from the ring's by HKDF-SHA256, so that no key ever seals enough texts
 * for its random nonces to meet. The first key of the ring seals, all open: to rotate, put a new one first and keep the
 * old one until what it sealed is past its retention. Without keys: {@link PLAIN_VAULT}.
 *
 * A sealed text is `sealed1.<key id>.<base64url of nonce, tag and ciphertext>`.
 */
export function createVault(ring: readonly RingKey[]): Vault {
  const [current] = ring;
  if (!current) return PLAIN_VAULT;
  const byId = new Map(ring.map((key) => [key.id, key]));

  return {
    seals: true,
    seal(text, place) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, keyFor(current, place), nonce).setAAD(Buffer.from(place));
      const sealed = [cipher.update(text, 'utf8'), cipher.final()];
      const body = Buffer.concat([nonce, cipher.getAuthTag(), ...sealed]).toString('base64url');
      return `${SEALED_PREFIX}${current.id}.${body}`;
    },
    open(text, place) {
      if (!text.startsWith(SEALED_PREFIX)) return text;
      const [id = '', body = ''] = text.slice(SEALED_PREFIX.length).split('.', 2);
      const key = byId.get(id);
      if (!key)
        throw new VaultError(
          `What is stored at ${place} was sealed with the key "${id}", which is not in SLUICE_ENCRYPTION_KEYS.`,
        );
      const bytes = Buffer.from(body, 'base64url');
      const tagEnd = NONCE_BYTES + TAG_BYTES;
      try {
        const decipher = createDecipheriv(CIPHER, keyFor(key, place), bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        })
          .setAAD(Buffer.from(place))
          .setAuthTag(bytes.subarray(NONCE_BYTES, tagEnd));
        return Buffer.concat([decipher.update(bytes.subarray(tagEnd)), decipher.final()]).toString('utf8');
      } catch {
        throw new VaultError(`What is stored at ${place} was changed, or moved there from elsewhere.`);
      }
    },
  };
}

function keyFor({ secret }: RingKey, place: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `sluice ${place}`, 32));
}
