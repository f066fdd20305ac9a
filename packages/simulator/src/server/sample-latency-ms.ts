import type { LatencyProfile } from '../config/latency-profile.ts';

/**
 * Latency at quantile `q` (0 to 1), on straight lines through the least, p50, p95 and p99; nothing is slower than p99.
 */
export function sampleLatencyMs(profile: LatencyProfile, q: number): number {
  const points: [number, number][] = [
    [0, profile.min_ms],
    [0.5, profile.p50_ms],
    [0.95, profile.p95_ms],
    [0.99, profile.p99_ms],
    [1, profile.p99_ms],
  ];
  for (let index = 1; index < points.length; index += 1) {
    const [lowQ, lowMs] = points[index - 1]!;
    const [highQ, highMs] = points[index]!;
    if (q <= highQ) return lowMs + ((q - lowQ) / (highQ - lowQ)) * (highMs - lowMs);
  }
  return profile.p99_ms;
}
