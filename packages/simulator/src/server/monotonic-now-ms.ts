/** Epoch milliseconds that never run backwards: the wall clock at start plus monotonic time since. */
export function monotonicNowMs(): number {
  return performance.timeOrigin + performance.now();
}
