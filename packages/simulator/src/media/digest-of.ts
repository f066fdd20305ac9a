import { createHash } from 'node:crypto';

/** A short hash: what the simulator remembers of something large. */
export function digestOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}
