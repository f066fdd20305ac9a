import { z } from 'zod';
import { chatRequestSchema } from './chat-request.ts';
import { durationSchema } from './duration.ts';
import { qualitySchema } from './model-class.ts';
import { regionSchema } from './region.ts';
import { targetSchema } from './target.ts';
import { TASKS } from './task.ts';
import { tierSchema } from './tier.ts';
import { WEBHOOK_EVENT_TYPES } from './webhook-event-types.ts';
import { webhookOptionOf } from './webhook-option.ts';

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
    webhook: webhookOptionOf(WEBHOOK_EVENT_TYPES as [string, ...string[]]).optional(),
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
