const QUIET_MS = 10_000;

/** Passes on the first of a series of errors: an outage of Redis makes one every 100 ms. */
export function createOutageReporter(report: (error: Error) => void): (error: Error) => void {
  let lastMs = -Infinity;
  return (error) => {
    const nowMs = performance.now();
    if (nowMs - lastMs > QUIET_MS) report(error);
    lastMs = nowMs;
  };
}
