import { z } from 'zod';
import { durationMsSchema } from './duration.ts';

/** `slow` of `breaker`: a model that is far from its own baseline goes behind others; nothing is left out for it. */
export const slowConfigSchema = z.strictObject({
  /** So many times its usual time to the first token, or for a token. */
  factor: z.number().min(1.5).max(100).default(3),
  /** Calls before its baseline is trusted. */
  min_calls: z.number().int().min(5).max(100_000).default(50),
});

/** `breaker` of `sluice.yaml`: when a provider's model is left alone, and how it comes back. */
export const breakerConfigSchema = z
  .strictObject({
    enabled: z.boolean().default(true),
    /** Calls of so long count for the error rate. */
    window: durationMsSchema.prefault('1m'),
    /** Fewer calls within the window say nothing about the error rate. */
    min_calls: z.number().int().min(1).max(1_000_000).default(20),
    /** Above it the breaker opens. */
    error_rate: z.number().gt(0).max(1).default(0.05),
    /** So many failures without a success between them open it, however few calls there were. */
    failures_in_a_row: z.number().int().min(1).max(1_000).default(5),
    /** How long nothing is called after the first opening. */
    cooldown: durationMsSchema.prefault('10s'),
    /** Each opening that follows soon waits so many times as long as the one before. */
    cooldown_factor: z.number().min(1).max(10).default(2),
    max_cooldown: durationMsSchema.prefault('5m'),
    /** A call that tests a target has so long before another may. */
    probe_timeout: durationMsSchema.prefault('30s'),
    /** Shares of the traffic that come back one after the other. */
    ramp: z.array(z.number().gt(0).max(1)).max(10).default([0.1, 0.25, 0.5, 1]),
    /** How long each share lasts, at least. */
    ramp_step: durationMsSchema.prefault('10s'),
    /** A call of one token tests a target that no job tests. */
    probe: z.boolean().default(true),
    slow: slowConfigSchema.prefault({}),
    /** How often status pages are asked (`status_url` of a provider). */
    status_interval: durationMsSchema.prefault('1m'),
  })
  .refine(({ ramp }) => ramp.every((share, index) => index === 0 || share >= (ramp[index - 1] as number)), {
    path: ['ramp'],
    error: 'must not fall: each share is at least the one before',
  })
  .refine(({ cooldown, max_cooldown: longest }) => longest >= cooldown, {
    path: ['max_cooldown'],
    error: 'must be at least cooldown',
  });
export type BreakerConfig = z.infer<typeof breakerConfigSchema>;
