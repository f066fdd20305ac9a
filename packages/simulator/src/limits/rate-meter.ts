import { createSlidingWindow } from './sliding-window.ts';
import { createTokenBucket } from './token-bucket.ts';
import type { SimulatedLimits } from '../config/simulated-limits.ts';

/** Burst that holds when none is configured: 5 s worth, as in `sluice.yaml`. */
const DEFAULT_BURST_MINUTES = 5 / 60;

export interface Crossing {
  rule: 'bucket' | 'window' | 'day' | 'concurrency';
  /** Capacity of the bucket, size of the window, or calls at once. */
  limit: number;
  /** What it would hold with this call; above `limit`. */
  observed: number;
  /** The limit as it was stated: per minute, or calls at once. */
  stated: number;
  /** The rule is enforced: the call gets a 429. */
  refuses: boolean;
  retryAfterMs: number;
}

export interface RateMeter {
  readonly perMinute: number;
  /** Judges a call of `amount` and counts its arrival; every rule that it breaks. */
  arrive(nowMs: number, amount: number): Crossing[];
  /** Takes what an admitted call needs. */
  admit(nowMs: number, amount: number): void;
  state(nowMs: number): { limit: number; remaining: number; resetMs: number; peak60s: number };
}

/**
 * One per-minute limit (requests or tokens), measured in two independent ways: a token bucket, and exact sums over
 * every 60 s window. Arrivals are counted whether or not they are admitted. A call heavier than the burst counts as
 * the burst, so that it can be served at all.
 */
export function createRateMeter({
  perMinute,
  burst = Math.max(1, perMinute * DEFAULT_BURST_MINUTES),
  enforcement,
  nowMs,
}: {
  perMinute: number;
  burst?: number | undefined;
  enforcement: SimulatedLimits['enforcement'];
  nowMs: number;
}): RateMeter {
  const bucket = enforcement === 'window' ? null : createTokenBucket({ capacity: burst, perMinute, nowMs });
  const arrived = createSlidingWindow();
  const admitted = createSlidingWindow();
  // A client that keeps to the bucket may send limit + burst within one window.
  const windowLimit = enforcement === 'bucket' ? perMinute + burst : perMinute;
  const weigh = (amount: number): number => Math.min(amount, bucket?.capacity ?? perMinute, perMinute);

  return {
    perMinute,
    arrive(atMs, amount) {
      const weight = weigh(amount);
      const crossings: Crossing[] = [];
      const bucketWaitMs = bucket?.waitMs(atMs, weight) ?? 0;
      if (bucket && bucketWaitMs > 0) {
        crossings.push({
          rule: 'bucket',
          limit: bucket.capacity,
          observed: bucket.capacity - bucket.available(atMs) + weight,
          stated: perMinute,
          refuses: true,
          retryAfterMs: bucketWaitMs,
        });
      }
      arrived.add(atMs, weight);
      const inWindow = admitted.sum(atMs) + weight;
      const enforced = enforcement !== 'bucket';
      // Where windows are not enforced, refused calls count too: the record judges the caller, not the bucket.
      const observed = enforced ? inWindow : arrived.sum(atMs);
      if (observed > windowLimit) {
        crossings.push({
          rule: 'window',
          limit: windowLimit,
          observed,
          stated: perMinute,
          refuses: enforced,
          retryAfterMs: enforced ? admitted.waitMs(atMs, weight, windowLimit) : 0,
        });
      }
      return crossings;
    },
    admit(atMs, amount) {
      bucket?.take(atMs, weigh(amount));
      admitted.add(atMs, weigh(amount));
    },
    state(atMs) {
      const used = admitted.sum(atMs);
      return {
        limit: perMinute,
        remaining: Math.max(0, Math.floor(bucket ? bucket.available(atMs) : perMinute - used)),
        resetMs: bucket ? bucket.waitMs(atMs, bucket.capacity) : admitted.waitMs(atMs, perMinute, perMinute),
        peak60s: arrived.peak(),
      };
    },
  };
}
