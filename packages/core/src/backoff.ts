export interface BackoffOptions {
  baseMs: number;
  maxMs: number;
  /** How many tries have failed, from 1. */
  failures: number;
  /** A number in [0, 1). */
  random: number;
}

/**
 * Full-jitter exponential backoff in whole milliseconds: anywhere between 0 and `base · 2^(failures − 1)`, capped.
 * Spreading over the whole range keeps retries of many jobs from arriving together.
 */
export function fullJitterBackoff({ baseMs, maxMs, failures, random }: BackoffOptions): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(Math.max(failures, 1) - 1, 30));
  return Math.floor(random * ceiling);
}
