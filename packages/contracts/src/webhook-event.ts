import { z } from 'zod';
import { batchSchema } from './batch.ts';
import { jobSchema } from './job.ts';
import { JOB_EVENT_TYPES } from './job-event.ts';

/** Job events that a webhook may ask for: all but the stream's own (`job.delta`, `job.restarted`). */
export const WEBHOOK_EVENT_TYPES = JOB_EVENT_TYPES.filter(
  (type) => type !== 'job.delta' && type !== 'job.restarted',
);

/** Sent when a webhook names no events: the terminal ones. */
export const DEFAULT_WEBHOOK_EVENT_TYPES = [
  'job.completed',
  'job.failed',
  'job.cancelled',
  'job.expired',
] as const;

/** `data` above 256 KB: where to read the rest. */
export const thinJobSchema = z.object({
  id: z.string(),
  status: z.string(),
  result_url: z.string(),
});

/**
 * The body of a webhook. Satisfies Standard Webhooks (`type`, `timestamp`, `data`) and OpenAI's clients
 * (`object`, `id`, `created_at`) at once.
 */
export const webhookEventSchema = z.object({
  type: z.string(),
  timestamp: z.iso.datetime(),
  object: z.literal('event'),
  id: z.string(),
  /** Unix seconds. */
  created_at: z.number().int(),
  data: z.union([jobSchema, thinJobSchema, batchSchema]),
});
export type WebhookEvent = z.infer<typeof webhookEventSchema>;
