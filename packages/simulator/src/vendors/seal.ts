import { createHash, createHmac } from 'node:crypto';

/** Fixed, so that what one simulator sealed another accepts, as a vendor's servers do. */
const KEY = 'sluice-simulator';
const NONCE_BYTES = 16;
const MAC_BYTES = 32;

function macOf(nonce: Buffer, text: string): Buffer {
  return createHmac('sha256', KEY).update(nonce).update(text).digest();
}

/** A signature of `text` that only the simulator can make; base64, the same for the same text and `salt`. */
export function seal(text: string, salt = ''): string {
  const nonce = createHash('sha256').update(`${salt}\n${text}`).digest().subarray(0, NONCE_BYTES);
  return Buffer.concat([nonce, macOf(nonce, text)]).toString('base64');
}

/** Whether `sealed` was made by `seal` for exactly this text. */
export function isSealOf(sealed: string, text: string): boolean {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length !== NONCE_BYTES + MAC_BYTES) return false;
  return macOf(bytes.subarray(0, NONCE_BYTES), text).equals(bytes.subarray(NONCE_BYTES));
}
