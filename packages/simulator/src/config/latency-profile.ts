import { z } from 'zod';

const milliseconds = z.number().nonnegative().max(600_000);

/** How long calls take: time to the answer, or to the first token of a stream. */
export const latencyProfileSchema = z
  .strictObject({
    /** Nothing is faster. Default: half of `p50_ms`. */
    min_ms: milliseconds.optional(),
    p50_ms: milliseconds.default(150),
    p95_ms: milliseconds.optional(),
    p99_ms: milliseconds.optional(),
    /** Pace of a stream after its first token; 0: as fast as the connection takes it. */
    tokens_per_second: z.number().nonnegative().default(400),
  })
  .transform(
    ({
      p50_ms,
      min_ms = p50_ms / 2,
      p95_ms = p50_ms * 2.5,
      p99_ms = Math.max(p95_ms, p50_ms * 6),
      tokens_per_second,
    }) => ({
      min_ms,
      p50_ms,
      p95_ms,
      p99_ms,
      tokens_per_second,
    }),
  )
  .refine(({ min_ms, p50_ms, p95_ms, p99_ms }) => min_ms <= p50_ms && p50_ms <= p95_ms && p95_ms <= p99_ms, {
    error: 'percentiles must not fall: min_ms <= p50_ms <= p95_ms <= p99_ms',
  });
export type LatencyProfile = z.infer<typeof latencyProfileSchema>;
export type LatencyProfileInput = z.input<typeof latencyProfileSchema>;
