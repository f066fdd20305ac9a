/**
 * Counts of latencies by bucket: bucket n holds what lies between 1.15^n and 1.15^(n + 1) milliseconds, so that a
 * quantile is wrong by at most 7 %. As `health.lua` of the broker counts them.
 */
export type LatencyHistogram = ReadonlyMap<number, number>;

const GROWTH = 1.15;

export function latencyBucket(ms: number): number {
  return Math.max(0, Math.floor(Math.log(Math.max(1, ms)) / Math.log(GROWTH)));
}

/** The middle of the bucket that holds the quantile, in whole milliseconds; null without any call. */
export function latencyQuantile(histogram: LatencyHistogram, quantile: number): number | null {
  const buckets = Array.from(histogram).sort(([left], [right]) => left - right);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  let left = Math.max(1, Math.ceil(total * quantile));
  for (const [bucket, count] of buckets) {
    left -= count;
    if (left <= 0) return Math.round(GROWTH ** (bucket + 0.5));
  }
  return null;
}
