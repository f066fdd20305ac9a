import { randomBytes } from 'node:crypto';

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** Random characters as vendors use them in ids. */
export function randomText(length: number): string {
  return Array.from(randomBytes(length), (byte) => BASE58[byte % BASE58.length]).join('');
}
