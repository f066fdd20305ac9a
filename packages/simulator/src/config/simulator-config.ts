import { nameSchema, PROVIDER_KINDS } from '@sluice/contracts';
import { z } from 'zod';
import { batchBehaviourSchema } from './batch-behaviour.ts';
import { faultRuleSchema } from './fault-rule.ts';
import { latencyProfileSchema } from './latency-profile.ts';
import { simulatedLimitsSchema } from './simulated-limits.ts';
import { simulatedPriceSchema } from './simulated-price.ts';

const tokens = z.number().int().positive();

const modelConfigSchema = z.strictObject({
  limits: simulatedLimitsSchema.optional(),
  price: simulatedPriceSchema.optional(),
  max_input_tokens: tokens.optional(),
  max_output_tokens: tokens.optional(),
});

const accountConfigSchema = z.strictObject({
  kind: z.enum(PROVIDER_KINDS),
  limits: simulatedLimitsSchema.optional(),
  price: simulatedPriceSchema.prefault({}),
  /** By the vendor's model name: over the account's own values. */
  models: z.record(z.string(), modelConfigSchema).prefault({}),
  /** Accept only `SIMULATOR_MODELS` and the names in `models`. Default: any model name. */
  strict_models: z.boolean().default(false),
  /** Keys that are accepted. Default: any key that is not empty. */
  valid_keys: z.array(z.string().min(1)).optional(),
  /** Limits of single keys, by the key as it is sent, beside those of the account. */
  key_limits: z.record(z.string(), simulatedLimitsSchema).prefault({}),
  latency: latencyProfileSchema.optional(),
  /** Give the account a port of its own, which `connection_refused` can really close. */
  dedicated_port: z.boolean().default(false),
  batch: batchBehaviourSchema.optional(),
});
export type AccountConfig = z.infer<typeof accountConfigSchema>;

/** Path prefixes that bare vendor paths and the control routes need. */
const RESERVED_NAMES = new Set(['v1', 'v1beta', 'upload', 'download', '_control']);

const DEFAULT_ACCOUNTS = {
  openai: { kind: 'openai' },
  anthropic: { kind: 'anthropic' },
  google: { kind: 'google' },
  local: { kind: 'openai-compatible' },
} as const;

export const simulatorConfigSchema = z.strictObject({
  /** Simulated providers by name; the name is the path prefix. Default: openai, anthropic, google, local. */
  accounts: z
    .record(
      nameSchema.refine((name) => !RESERVED_NAMES.has(name), 'is a path of the simulator itself'),
      accountConfigSchema,
    )
    .prefault(DEFAULT_ACCOUNTS),
  latency: latencyProfileSchema.prefault({}),
  batch: batchBehaviourSchema.prefault({}),
  faults: z.array(faultRuleSchema).max(1_000).default([]),
  /** Seed of latency and fault draws: the same calls in the same order draw the same. */
  seed: z.number().int().nonnegative().default(1),
  /** Tokens of an answer that no `max_tokens` or stop sequence ends sooner, drawn from the conversation. */
  answer_tokens: z
    .strictObject({ min: tokens.default(16), max: tokens.default(96) })
    .refine((range) => range.min <= range.max, 'min must not be above max')
    .prefault({}),
  /** Newest calls that are kept. */
  max_calls: z.number().int().positive().max(1_000_000).default(50_000),
});
export type SimulatorConfig = z.infer<typeof simulatorConfigSchema>;
export type SimulatorConfigInput = z.input<typeof simulatorConfigSchema>;
