/** Forgives rounding of the refill: a millionth of a request. */
const EPSILON = 1e-6;

export interface TokenBucket {
  readonly capacity: number;
  /** What is in the bucket at `nowMs`. */
  available(nowMs: number): number;
  /** Milliseconds until `amount` is there; 0 when it is now. */
  waitMs(nowMs: number, amount: number): number;
  /** Takes `amount`, which the caller has seen to be there. */
  take(nowMs: number, amount: number): void;
}

/**
 * A bucket that starts full and refills evenly. `nowMs` is a monotonic clock; a time before the last one counts as
 * the last one, so that calls handled out of order refill nothing twice.
 */
export function createTokenBucket({
  capacity,
  perMinute,
  nowMs,
}: {
  capacity: number;
  perMinute: number;
  nowMs: number;
}): TokenBucket {
  const perMs = perMinute / 60_000;
  let level = capacity;
  let refilledAtMs = nowMs;

  function refill(atMs: number): void {
    if (atMs <= refilledAtMs) return;
    level = Math.min(capacity, level + (atMs - refilledAtMs) * perMs);
    refilledAtMs = atMs;
  }

  return {
    capacity,
    available(atMs) {
      refill(atMs);
      return level;
    },
    waitMs(atMs, amount) {
      refill(atMs);
      return level + EPSILON >= amount ? 0 : (amount - level) / perMs;
    },
    take(atMs, amount) {
      refill(atMs);
      level = Math.max(0, level - amount);
    },
  };
}
