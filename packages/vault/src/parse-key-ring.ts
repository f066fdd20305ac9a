/** A key of the ring: 32 bytes, and the id by which sealed texts name it. */
export interface RingKey {
  id: string;
  secret: Buffer;
}

const KEY_BYTES = 32;
const ID_PATTERN = /^[A-Za-z0-9_-]{1,32}$/;

/**
 * A key ring as text: `<id>:<base64 of 32 bytes>`, several separated by commas. The first seals, all open. Null when the
 * text is not one.
 */
export function parseKeyRing(text: string): RingKey[] | null {
  const keys = text.split(',').map((part) => {
    const [id = '', encoded = ''] = part.trim().split(':', 2);
    return { id, secret: Buffer.from(encoded, 'base64') };
  });
  const isUsable = keys.every(({ id, secret }) => ID_PATTERN.test(id) && secret.length === KEY_BYTES);
  const isUnique = new Set(keys.map(({ id }) => id)).size === keys.length;
  return isUsable && isUnique ? keys : null;
}
