import { z } from 'zod';
import { laneSchema } from './lane.ts';
import { tierSchema } from './tier.ts';

export const breakerStatusSchema = z.object({
  state: z.enum(['closed', 'open', 'half_open', 'ramping']),
  until: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'When an open one lets a first call through; null when nobody knows.' }),
  share: z.number().nullable().meta({ description: 'Part of the calls that go while it ramps.' }),
  forced: z.boolean().meta({ description: 'Set by hand, until it is set to `auto`.' }),
});

const latencySchema = z.object({
  first_token_p50_ms: z.number().nullable().meta({ description: 'Of streams.' }),
  total_p50_ms: z.number().nullable(),
  total_p95_ms: z.number().nullable(),
});

/** How a model of a provider does in one lane. */
export const targetHealthSchema = z.object({
  model: z.string(),
  lane: laneSchema,
  breaker: breakerStatusSchema,
  calls: z.number().meta({ description: 'Calls of the last minute (`breaker.window`) that count.' }),
  error_rate: z.number().nullable().meta({ description: 'Of these calls; null without any.' }),
  slow: z.boolean().meta({ description: 'Far from its own baseline: goes behind others.' }),
  latency: z
    .partialRecord(tierSchema, latencySchema)
    .meta({ description: 'By tier, of the last five minutes.' }),
});
export type TargetHealthStatus = z.infer<typeof targetHealthSchema>;

export const setBreakerSchema = z.strictObject({
  state: z.enum(['open', 'closed', 'auto']).meta({
    description: '`open`: nothing is called. `closed`: everything, whatever fails. `auto`: as the calls go.',
  }),
  model: z.string().min(1).max(256).optional().meta({ description: 'Default: every model of the provider.' }),
  lane: laneSchema.optional().meta({ description: 'Default: every lane.' }),
});
export type SetBreaker = z.infer<typeof setBreakerSchema>;
