import type { Dimension } from '../limits/limit-gate.ts';

const MAX_OVERSHOOTS = 10_000;

/** A call that went over a limit. One call can cross several limits, by several rules. */
export interface Overshoot {
  n: number;
  at_ms: number;
  /** The call's `n`. */
  call: number;
  account: string;
  /** Null: a limit of the whole account. */
  model: string | null;
  /** Masked; only of a limit of one key. */
  key?: string;
  dimension: Dimension;
  /**
   * `bucket`: the bucket was empty. `window`: a 60 s window held more than the limit (plus the burst, where the bucket
   * is what is enforced). `concurrency`: too many calls at once.
   */
  rule: 'bucket' | 'window' | 'day' | 'concurrency';
  limit: number;
  /** What it would have held with this call; above `limit`. */
  observed: number;
  /** The call got a 429 for it. */
  refused: boolean;
}

export interface OvershootLog {
  add(overshoot: Omit<Overshoot, 'n'>): void;
  list(filter?: { account?: string | undefined; since?: number | undefined }): Overshoot[];
  /** How many there were, those that are no longer kept included. */
  count(): number;
  clear(): void;
}

/** The first 10,000 overshoots: the earliest tell most about what went wrong. The count goes on. */
export function createOvershootLog(): OvershootLog {
  let overshoots: Overshoot[] = [];
  let count = 0;

  return {
    add(overshoot) {
      count += 1;
      if (overshoots.length < MAX_OVERSHOOTS) overshoots.push({ ...overshoot, n: count });
    },
    list: ({ account, since = 0 } = {}) =>
      overshoots.filter(
        (overshoot) => overshoot.n > since && (account === undefined || overshoot.account === account),
      ),
    count: () => count,
    clear() {
      overshoots = [];
      count = 0;
    },
  };
}
