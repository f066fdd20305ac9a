import { z } from 'zod';
import { PROVIDER_KINDS } from './config.ts';
import { targetHealthSchema } from './target-health.ts';
import { tierSchema } from './tier.ts';

/** How one limit stands, as the worker that looked last saw it. */
export const limitStatusSchema = z.object({
  scope: z.string().meta({ description: '`provider`, `model` or `key`.' }),
  model: z.string().nullable(),
  key: z.string().nullable(),
  dimension: z.string().meta({ description: '`requests`, `tokens`, `concurrency`, …' }),
  limit: z.number().meta({ description: 'What the bucket that calls are taken from holds.' }),
  used: z.number(),
  remaining: z.number(),
  next_free_ms: z.number().meta({ description: 'Until one more fits; 0 when it fits now.' }),
});
export type LimitStatus = z.infer<typeof limitStatusSchema>;

/** What a worker tells of a provider's limits once a second. */
export const limiterStatusSchema = z.object({
  limits: z.array(limitStatusSchema),
  holders: z.array(z.object({ worker: z.string(), calls: z.number() })),
  paused_ms: z.number(),
  rate_share: z.number(),
  /** By name; absent in what an earlier release wrote. */
  keys_paused_ms: z.record(z.string(), z.number()).optional(),
});
export type LimiterStatus = z.infer<typeof limiterStatusSchema>;

export const KEY_STATES = ['active', 'cooling', 'refused', 'retired'] as const;

export const keyStatusSchema = z.object({
  name: z.string(),
  state: z.enum(KEY_STATES).meta({
    description:
      '`cooling`: limited by the provider for now; `retired`: refused by it, and not used; `refused`: the same of ' +
      'a provider that has no pool of keys, and so goes on with it.',
  }),
  region: z.string().nullable(),
  zero_retention: z.boolean(),
  reason: z.string().nullable().meta({
    description: 'Why it is retired: `auth`, `billing`, or `manual` for one retired through the API.',
  }),
  message: z.string().nullable().meta({ description: "The provider's words." }),
  retired_at: z.iso.datetime().nullable(),
  until: z.iso.datetime().nullable().meta({
    description: 'When it is tried again; null: once it is set to `active`, or its value is another.',
  }),
});
export type KeyStatus = z.infer<typeof keyStatusSchema>;

/** `POST /v1/providers/{p}/keys/{name}`. */
export const keyPatchSchema = z.strictObject({ state: z.enum(['active', 'retired']) });

export const providerStatusSchema = z.object({
  object: z.literal('provider'),
  name: z.string(),
  kind: z.enum(PROVIDER_KINDS),
  region: z.string().nullable(),
  keys: z.array(z.string()).meta({ description: 'Names of the keys, never their values.' }),
  key_states: z.array(keyStatusSchema).meta({ description: 'How each key stands.' }),
  targets: z.array(z.string()).meta({ description: 'Targets that routes or `models` name.' }),
  configured_limits: z.record(z.string(), z.unknown()).meta({ description: 'In force, overrides included.' }),
  overrides: z
    .record(z.string(), z.unknown())
    .meta({ description: 'Limits that were set over `sluice.yaml`.' }),
  limits: z
    .array(limitStatusSchema)
    .meta({ description: 'Empty when nothing is limited or no worker lives.' }),
  limits_at: z.iso.datetime().nullable().meta({ description: 'When a worker looked last.' }),
  leases: z.array(z.object({ worker: z.string(), calls: z.number() })),
  paused_ms: z.number().meta({ description: 'How long it still rests after a refusal.' }),
  rate_share: z.number().meta({ description: 'Part of its rates that is used after a refusal; 1 is all.' }),
  health: z
    .array(targetHealthSchema)
    .meta({ description: 'By model and lane; only where something is known.' }),
  reported_trouble: z
    .string()
    .nullable()
    .meta({ description: 'What its status page says, when that is not that all is well.' }),
  workers: z.array(
    z.object({
      worker: z.string(),
      capacity: z.number(),
      inflight: z.number(),
      tiers: z.array(tierSchema),
    }),
  ),
  batch: z.object({
    waiting: z.number().meta({ description: 'Jobs that wait for a batch.' }),
    runs: z.array(
      z.object({
        id: z.string(),
        model: z.string(),
        state: z.string().meta({ description: '`intent`, `file`, `created`, `polling` or `collecting`.' }),
        batch_id: z.string().nullable().meta({ description: "The provider's own." }),
        lines: z.number(),
        done: z.number().meta({ description: 'Lines whose jobs have been moved on.' }),
        age_ms: z.number(),
        deadline: z.iso.datetime().nullable().meta({ description: 'Of the first of its jobs.' }),
        cancelled: z.boolean().meta({ description: 'Its lines are wanted back.' }),
      }),
    ),
  }),
  depth: z.object({ waiting: z.number(), delayed: z.number(), ready: z.number(), inflight: z.number() }),
});
export type ProviderStatus = z.infer<typeof providerStatusSchema>;
