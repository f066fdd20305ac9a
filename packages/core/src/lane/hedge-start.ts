/** Lines that no batch has answered yet, and by when they have to be. */
export interface UnfinishedLines {
  lines: number;
  /** Of the first of them. */
  deadlineMs: number;
}

export interface HedgePace {
  /** What a provider takes to cancel a batch, in milliseconds. */
  cancelMs: number;
  marginMs: number;
  /** Calls a second that can run live beside everything else. */
  linesPerSecond: number;
}

export interface HedgeStart {
  startMs: number;
  /** Groups that are due by then have to be taken back; later ones may stay. */
  dueByMs: number;
}

/**
 * When unfinished lines of batches have to be taken back so that all of them can still run live: the earliest, over
 * all groups, of deadline − (time to cancel + lines that have to run by then ÷ rate + margin). Groups that are due
 * later do not hurry those that are due sooner, but they wait behind them. Null when nothing is unfinished.
 */
export function hedgeStart(groups: readonly UnfinishedLines[], pace: HedgePace): HedgeStart | null {
  const inOrder = groups.filter(({ lines }) => lines > 0).toSorted((a, b) => a.deadlineMs - b.deadlineMs);
  let lines = 0;
  let start: HedgeStart | null = null;
  for (const group of inOrder) {
    lines += group.lines;
    const runMs = (lines / pace.linesPerSecond) * 1_000;
    const startMs = group.deadlineMs - (pace.cancelMs + runMs + pace.marginMs);
    if (start === null || startMs < start.startMs) start = { startMs, dueByMs: group.deadlineMs };
  }
  return start;
}

/**
 * When lines may no longer wait for the cancelled batch's results, but have to run beside it: only the running time
 * itself and the margin are left.
 */
export function hedgeWithoutWaiting(groups: readonly UnfinishedLines[], pace: HedgePace): HedgeStart | null {
  return hedgeStart(groups, { ...pace, cancelMs: 0 });
}
