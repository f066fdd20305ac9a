import { z } from 'zod';
import { breakerConfigSchema } from './breaker-config.ts';
import { budgetConfigSchema } from './budget.ts';
import { durationMsSchema } from './duration.ts';
import { lanesConfigSchema } from './lanes-config.ts';
import { limitsSchema } from './limits.ts';
import { modelEntrySchema } from './model-entry.ts';
import { regionSchema } from './region.ts';
import { routeConfigSchema } from './route-config.ts';
import { httpConfigSchema } from './http-config.ts';
import { storageConfigSchema } from './storage-config.ts';
import { nameSchema, targetSchema } from './target.ts';
import { tenantConfigSchema, tenantNameSchema } from './tenant.ts';

/** Vendors with an adapter, and presets of OpenAI-compatible servers (a base URL and known quirks). */
export const PROVIDER_KINDS = [
  'openai',
  'anthropic',
  'google',
  'openai-compatible',
  'openrouter',
  'deepseek',
  'mistral',
  'qwen',
  'xai',
  'vllm',
  'ollama',
] as const;
export type ProviderKind = (typeof PROVIDER_KINDS)[number];

export const timeoutsSchema = z.strictObject({
  /** Until the TCP and TLS connection stands. */
  connect_ms: z.number().int().positive().default(5_000),
  /** Until the first token of a stream; a plain answer is bounded by `total_ms` alone. */
  first_token_ms: z.number().int().positive().default(30_000),
  total_ms: z.number().int().positive().default(120_000),
});
export type Timeouts = z.infer<typeof timeoutsSchema>;

/** One key of a pool. */
export const providerKeySchema = z.strictObject({
  name: nameSchema,
  key: z.string(),
  limits: limitsSchema.optional(),
  /** Over the provider's. */
  region: regionSchema.optional(),
  /** The vendor keeps nothing of what this key sends. */
  zero_retention: z.boolean().optional(),
});

export const providerConfigSchema = z
  .strictObject({
    kind: z.enum(PROVIDER_KINDS),
    api_key: z.string().optional(),
    /** A pool of keys, each an account of its own. */
    api_keys: z
      .array(providerKeySchema)
      .min(1)
      .max(32)
      .refine((pool) => new Set(pool.map(({ name }) => name)).size === pool.length, 'names must differ')
      .optional(),
    /** Takes the models that no provider lists. */
    catch_all: z.boolean().optional(),
    /** How long a key rests that the vendor refused (401, 402, 403) before it is tried again. Default: 5 minutes. */
    retired_key_pause: durationMsSchema.optional(),
    /** A job that is limited here may go on at the next target when that can start sooner. Default: true. */
    spill: z.boolean().optional(),
    base_url: z.url({ protocol: /^https?$/ }).optional(),
    /** JSON of its status page, in the form of statuspage.io (`…/api/v2/status.json`). */
    status_url: z.url({ protocol: /^https?$/ }).optional(),
    /** Where requests are processed; for `residency`. */
    region: regionSchema.optional(),
    /** The vendor keeps nothing of requests and answers, by contract; for `zero_retention`. */
    zero_retention: z.boolean().optional(),
    limits: limitsSchema.optional(),
    timeouts: timeoutsSchema.prefault({}),
    /** Whether jobs may go through the vendor's own Batch API. Absent: where it has one. */
    batch: z.boolean().optional(),
  })
  .refine((provider) => !(provider.api_key && provider.api_keys), {
    path: ['api_keys'],
    error: 'give api_key or api_keys, not both',
  });
export type ProviderConfig = z.infer<typeof providerConfigSchema>;

const tierConfigSchema = z.strictObject({ share: z.number().positive().max(1_000) });

/** One try after each wait, so N waits make N + 1 tries. */
export const DEFAULT_WEBHOOK_RETRY_SCHEDULE = ['5s', '5m', '30m', '2h', '5h', '10h', '14h', '20h', '24h'];

/** `443` or `8000-8999`. */
const portRangeSchema = z
  .union([
    z.number().int(),
    z.string().regex(/^\d{1,5}(-\d{1,5})?$/, 'must be a port or a range such as 8000-8999'),
  ])
  .transform((given) => {
    const [from = 0, to = from] = String(given).split('-').map(Number);
    return { from, to };
  })
  .refine(({ from, to }) => from >= 1 && from <= to && to <= 65_535, 'must lie between 1 and 65535');
export type PortRange = z.infer<typeof portRangeSchema>;

export const webhooksConfigSchema = z.strictObject({
  allow_private_network: z.boolean().default(false),
  /** CIDR blocks that webhooks, and fetches of media that callers name, may reach although they are private. */
  allow_cidrs: z.array(z.union([z.cidrv4(), z.cidrv6()])).default([]),
  /** Ports that they may reach: the web's own, and none of the other services below 1024. */
  allow_ports: z.array(portRangeSchema).min(1).prefault(['80', '443', '1024-65535']),
  /** An HTTP proxy that all deliveries go through. It then decides where a name leads. */
  proxy: z.url({ protocol: /^https?$/ }).optional(),
  retry_schedule: z.array(durationMsSchema).max(32).prefault(DEFAULT_WEBHOOK_RETRY_SCHEDULE),
  timeout: durationMsSchema.prefault('15s'),
  /** Deliveries under way at once to one endpoint, or to one host of URLs that came with jobs. */
  concurrency: z.number().int().min(1).max(64).default(8),
  /** Nothing but failures for this long disables an endpoint. */
  disable_after: durationMsSchema.prefault('5d'),
  /** How long the secret before a rotation signs too. */
  rotation_overlap: durationMsSchema.prefault('24h'),
  /** After so many failures in a row an endpoint rests; each further failure doubles the pause. */
  circuit: z
    .strictObject({
      failures: z.number().int().min(1).max(1_000).default(10),
      pause: durationMsSchema.prefault('5s'),
      max_pause: durationMsSchema.prefault('5m'),
    })
    .prefault({}),
});

/** Same-target retries and the pauses between rounds: full jitter, exponential. */
export const retriesConfigSchema = z.strictObject({
  /** Tries at one target in one round, the first included. */
  attempts_per_target: z.number().int().min(1).max(10).default(2),
  base_delay: durationMsSchema.prefault('500ms'),
  max_delay: durationMsSchema.prefault('30s'),
});

export const retentionConfigSchema = z.strictObject({
  /** How long an ended job and its events are kept. */
  result_ttl: durationMsSchema.prefault('7d'),
});

export const DURABILITY_MODES = ['memory', 'fsync', 'replicated'] as const;
export type DurabilityMode = (typeof DURABILITY_MODES)[number];

/** `sluice.yaml`, after `${NAME}` has been replaced from the environment. Unknown keys are errors. */
export const configSchema = z.strictObject({
  providers: z.record(nameSchema, providerConfigSchema).prefault({}),
  /** Over the built-in catalogue, by target (`openai/gpt-5.4-mini`). */
  models: z.record(targetSchema, modelEntrySchema).prefault({}),
  routes: z.record(nameSchema, routeConfigSchema).prefault({}),
  tiers: z
    .strictObject({
      priority: tierConfigSchema.prefault({ share: 8 }),
      standard: tierConfigSchema.prefault({ share: 3 }),
      flex: tierConfigSchema.prefault({ share: 1 }),
    })
    .prefault({}),
  /** What single tenants may take; what is not given here is as in `tenant_defaults`. */
  tenants: z.record(tenantNameSchema, tenantConfigSchema).prefault({}),
  tenant_defaults: tenantConfigSchema.required({ weight: true }).prefault({ weight: 1 }),
  lanes: lanesConfigSchema.prefault({}),
  webhooks: webhooksConfigSchema.prefault({}),
  retries: retriesConfigSchema.prefault({}),
  breaker: breakerConfigSchema.prefault({}),
  retention: retentionConfigSchema.prefault({}),
  /** What may be spent. */
  budgets: z.array(budgetConfigSchema).max(1_000).default([]),
  http: httpConfigSchema.prefault({}),
  /** Where uploaded and written files are kept. */
  storage: storageConfigSchema.prefault({ kind: 'local' }),
  durability: z.enum(DURABILITY_MODES).default('fsync'),
});
export type Config = z.infer<typeof configSchema>;
