import type { BottleneckInternals } from './bottleneck-internals.ts';

/**
 * Makes Bottleneck start a job that need not wait at once; it would set a timer of 0 ms, which costs a turn of the
 * event loop each. Later starts keep its timer, one millisecond longer, because a timer may fire that much early.
 */
export function runWithoutTimer(bottleneck: BottleneckInternals): void {
  const runByTimer = bottleneck._run.bind(bottleneck);
  bottleneck._run = (index, job, waitMs) => {
    if (waitMs > 0) return runByTimer(index, job, waitMs + 1);
    job.doRun();
    const scheduled = { timeout: undefined, expiration: undefined, job };
    bottleneck._scheduled[index] = scheduled;
    void job.doExecute(
      null,
      () => bottleneck._clearGlobalState(index),
      (retryMs) => bottleneck._run(index, job, retryMs),
      (...rest) => bottleneck._free(index, job, ...rest),
    );
    return scheduled;
  };
}
