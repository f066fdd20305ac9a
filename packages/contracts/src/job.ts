import { z } from 'zod';
import { attemptErrorSchema, jobErrorSchema } from './attempt-error.ts';
import { chatCompletionSchema } from './chat-completion.ts';
import { jobStatusSchema } from './job-status.ts';
import { laneSchema } from './lane.ts';
import { tierSchema } from './tier.ts';
import { usageSchema } from './usage.ts';
import { warningSchema } from './warning.ts';

const isoTime = z.iso.datetime({ precision: 3 });

export const ATTEMPT_STATUSES = ['running', 'succeeded', 'failed', 'cancelled', 'abandoned'] as const;

/** One try of a job at one target. `abandoned`: its worker was lost, or the broker handed it back. */
export const attemptSchema = z.object({
  n: z.number().int().positive(),
  target: z.string(),
  /** The name of the provider key that was used, never its value. */
  provider_key: z.string(),
  region: z.string().nullable(),
  lane: laneSchema,
  status: z.enum(ATTEMPT_STATUSES),
  started_at: isoTime,
  finished_at: isoTime.nullable(),
  /** From the moment it could have started (queued, or its delay over) to its start. */
  queue_wait_ms: z.number().int().nonnegative(),
  first_token_ms: z.number().int().nonnegative().nullable(),
  latency_ms: z.number().int().nonnegative().nullable(),
  error: attemptErrorSchema.nullable(),
  usage: usageSchema.nullable(),
  cost_usd: z.number().nonnegative().nullable(),
  price_version: z.string().nullable(),
  template_version: z.string().nullable(),
  /** It tested a target whose breaker had opened; when it failed, that costs the job none of its tries. */
  probe: z.literal(true).optional(),
});
export type Attempt = z.infer<typeof attemptSchema>;

/** A job as the API shows it. */
export const jobSchema = z.object({
  id: z.string().meta({ examples: ['job_2f9c1d7be0a4'] }),
  object: z.literal('job'),
  status: jobStatusSchema,
  tier: tierSchema,
  lane: z.enum(['auto', 'live', 'flex', 'batch']),
  route: z.string().nullable(),
  chain: z.array(z.string()),
  task: z.string().nullable(),
  created_at: isoTime,
  started_at: isoTime.nullable(),
  finished_at: isoTime.nullable(),
  deadline: isoTime,
  attempts: z.array(attemptSchema),
  result: chatCompletionSchema.nullable(),
  error: jobErrorSchema.nullable(),
  /** Sum over all attempts, failed ones included. */
  usage: usageSchema.nullable(),
  cost_usd: z.number().nonnegative().nullable(),
  cache_hit: z.boolean(),
  warnings: z.array(warningSchema),
  /** How the chain was chosen. */
  decision: z.looseObject({ strategy: z.string() }).nullable(),
  /** Place in the queue, from 1; only while queued. */
  position: z.number().int().nullable(),
  eta_ms: z.number().int().nullable(),
  metadata: z.record(z.string(), z.string()),
  tags: z.array(z.string()),
  batch_id: z.string().nullable(),
  custom_id: z.string().nullable(),
  retried_from: z.string().nullable(),
  links: z.object({ self: z.string(), events: z.string(), cancel: z.string() }),
});
export type Job = z.infer<typeof jobSchema>;
