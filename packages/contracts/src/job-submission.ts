import { z } from 'zod';
import { chatRequestSchema } from './chat-request.ts';
import { durationSchema } from './duration.ts';
import { qualitySchema } from './model-class.ts';
import { regionSchema } from './region.ts';
import { targetSchema } from './target.ts';
import { TASKS } from './task.ts';
import { tierSchema } from './tier.ts';
import { WEBHOOK_EVENT_TYPES } from './webhook-event-types.ts';

/** `whsec_` and the base64 of 24 to 64 random bytes. Source: Standard Webhooks v1, "Signature scheme". */
export const webhookSecretSchema = z.string().refine((text) => {
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text)) return false;
  const bytes = Buffer.from(text.slice('whsec_'.length), 'base64').length;
  return bytes >= 24 && bytes <= 64;
}, 'must be whsec_ followed by the base64 of 24 to 64 random bytes');

export const webhookOptionSchema = z
  .strictObject({
    url: z
      .string()
      .max(2048)
      .optional()
      .meta({ description: 'An http or https URL; private addresses are refused.' }),
    endpoint: z
      .string()
      .max(64)
      .optional()
      .meta({ description: 'Id of a webhook endpoint (`we_…`), instead of `url`.' }),
    /** Default: the terminal events; with an endpoint those that it names. */
    events: z
      .array(z.enum(WEBHOOK_EVENT_TYPES as [string, ...string[]]))
      .min(1)
      .optional(),
    /** Default: the webhook secret of the API key. */
    secret: webhookSecretSchema.optional(),
  })
  .refine((webhook) => (webhook.url === undefined) !== (webhook.endpoint === undefined), {
    path: ['url'],
    error: 'send url or endpoint, and not both',
  })
  .refine((webhook) => webhook.endpoint === undefined || webhook.secret === undefined, {
    path: ['secret'],
    error: 'an endpoint signs with its own secret',
  });

/** Options that the contract names and this release does not carry out: a clear 400 rather than a silent no. */
export const UNSUPPORTED_SUBMISSION_OPTIONS = ['template'] as const;

const metadataSchema = z
  .record(z.string().min(1).max(64), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= 16, 'must hold at most 16 pairs');

/** The body of `POST /v1/jobs`. */
export const jobSubmissionSchema = z
  .strictObject({
    request: chatRequestSchema,
    route: z.string().min(1).max(64).optional(),
    chain: z.array(targetSchema).min(1).max(16).optional(),
    tier: tierSchema.default('standard'),
    deadline: z.iso.datetime({ offset: true }).optional(),
    within: durationSchema.optional(),
    deadline_policy: z.enum(['warn', 'refuse']).default('warn'),
    lane: z.enum(['auto', 'live', 'flex', 'batch']).default('auto'),
    webhook: webhookOptionSchema.optional(),
    webhook_thin: z
      .boolean()
      .default(false)
      .meta({ description: 'Webhooks of this job carry `{id, status, result_url}` only.' }),
    task: z.enum(TASKS).optional(),
    quality: qualitySchema.optional().meta({ description: 'The least class of models that will do.' }),
    max_cost_usd: z.number().positive().optional().meta({ description: 'Of one attempt, as estimated.' }),
    max_latency_ms: z
      .number()
      .int()
      .positive()
      .optional()
      .meta({ description: 'Recent p95 of a target, and the wait for its turn.' }),
    residency: z.array(regionSchema).min(1).max(32).optional().meta({
      description: 'Regions that the request may be processed in; a target of unknown region is none.',
    }),
    zero_retention: z.boolean().optional().meta({ description: 'Only where the vendor keeps nothing.' }),
    on_refusal: z.enum(['fail', 'next']).default('fail'),
    validate: z
      .strictObject({
        json_schema: z.literal(true).default(true),
        /** Answers that break their schema before the job fails. Default: as many as it has attempts. */
        max_failures: z.number().int().min(1).max(20).optional(),
      })
      .optional()
      .meta({ description: 'An answer that breaks its own JSON schema is a failed attempt.' }),
    on_stream_failure: z.enum(['restart', 'fail']).default('restart'),
    cache: z.literal('off', 'only "off" works in this release: nothing is cached').optional(),
    metadata: metadataSchema.default({}),
    tags: z.array(z.string().min(1).max(64)).max(16).default([]),
    retention: z
      .strictObject({
        result_ttl: durationSchema.optional(),
        delete_after_delivery: z.boolean().default(false),
        drop_request: z.boolean().default(false),
      })
      .optional(),
  })
  .refine((body) => !(body.route && body.chain), { path: ['chain'], error: 'send route or chain, not both' })
  .refine((body) => !(body.deadline && body.within), {
    path: ['within'],
    error: 'send deadline or within, not both',
  });

export type JobSubmission = z.infer<typeof jobSubmissionSchema>;
