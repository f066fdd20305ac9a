/** Running means over the calls of one model: of the natural logarithms of milliseconds. */
export interface RunningPace {
  calls: number;
  /** Over some hundreds of calls. */
  baseline: number;
  /** Calls without a pause of a minute between them. */
  latestCalls: number;
  /** Over the latest five or so. */
  latest: number;
}

export interface TargetPace {
  lastMs: number;
  firstToken: RunningPace;
  /** Of the time in all, for one token of the answer. */
  token: RunningPace;
}

const LEAST_LATEST = 5;
/** What was measured so long ago says nothing: the target is tried again. */
const FORGOTTEN_MS = 60_000;

/**
 * A model is slow when its first tokens, or the time that a token takes, lie far above its own baseline. Nothing
 * known, or nothing known lately, is not slow. A change that lasts becomes the baseline after some hundred calls.
 */
export function isSlow(
  pace: TargetPace,
  { nowMs, factor, minCalls }: { nowMs: number; factor: number; minCalls: number },
): boolean {
  if (nowMs - pace.lastMs > FORGOTTEN_MS) return false;
  return [pace.firstToken, pace.token].some(
    ({ calls, baseline, latestCalls, latest }) =>
      calls >= minCalls && latestCalls >= LEAST_LATEST && latest - baseline > Math.log(factor),
  );
}
