/** Length of the windows that providers state their limits for. */
const WINDOW_MS = 60_000;

export interface SlidingWindow {
  /** Sum of what was added in the window that ends at `nowMs`. */
  sum(nowMs: number): number;
  add(nowMs: number, amount: number): void;
  /** Milliseconds until `amount` more fits under `limit`; 0 when it does now. */
  waitMs(nowMs: number, amount: number, limit: number): number;
  /** Largest sum that any window held. */
  peak(): number;
}

/**
 * The exact sum over every 60 s window: each entry is kept with its time until it leaves the window. Memory is bounded
 * by the calls of one minute.
 */
export function createSlidingWindow(): SlidingWindow {
  let entries: { atMs: number; amount: number }[] = [];
  let head = 0;
  let total = 0;
  let highest = 0;

  function expire(nowMs: number): void {
    for (let entry = entries[head]; entry && entry.atMs <= nowMs - WINDOW_MS; entry = entries[head]) {
      total -= entry.amount;
      head += 1;
    }
    if (head > 1_024 && head * 2 > entries.length) {
      entries = entries.slice(head);
      head = 0;
    }
  }

  return {
    sum(nowMs) {
      expire(nowMs);
      return total;
    },
    add(nowMs, amount) {
      expire(nowMs);
      entries.push({ atMs: nowMs, amount });
      total += amount;
      highest = Math.max(highest, total);
    },
    waitMs(nowMs, amount, limit) {
      expire(nowMs);
      let left = total;
      for (let index = head; index < entries.length && left + amount > limit; index += 1) {
        const entry = entries[index]!;
        left -= entry.amount;
        if (left + amount <= limit) return Math.max(0, entry.atMs + WINDOW_MS - nowMs);
      }
      return 0;
    },
    peak: () => highest,
  };
}
