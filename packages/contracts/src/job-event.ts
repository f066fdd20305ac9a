import { z } from 'zod';
import { chatDeltaSchema } from './chat-completion.ts';

export const JOB_EVENT_TYPES = [
  'job.queued',
  'job.started',
  'job.delta',
  'job.requeued',
  'job.restarted',
  'job.completed',
  'job.failed',
  'job.cancelled',
  'job.expired',
] as const;

export const jobEventTypeSchema = z.enum(JOB_EVENT_TYPES);
export type JobEventType = z.infer<typeof jobEventTypeSchema>;

/** Events after which a job's stream ends. */
export const TERMINAL_JOB_EVENT_TYPES: ReadonlySet<string> = new Set([
  'job.completed',
  'job.failed',
  'job.cancelled',
  'job.expired',
]);

const base = {
  /** Sequence number within the job, from 1 without gaps. */
  seq: z.number().int().positive(),
  job_id: z.string(),
  at: z.iso.datetime(),
};

/**
 * One event of a job's stream, as it is stored in Redis, published, and sent by SSE: version 1 of the event
 * contract. Consumers ignore fields that they do not know.
 */
export const jobEventSchema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('job.queued'), ...base }),
  z.looseObject({ type: z.literal('job.started'), ...base, target: z.string(), attempt: z.number().int() }),
  z.looseObject({
    type: z.literal('job.delta'),
    ...base,
    /** Index of the choice. */
    index: z.number().int(),
    delta: chatDeltaSchema.shape.delta,
  }),
  z.looseObject({
    type: z.literal('job.requeued'),
    ...base,
    from: z.string(),
    to: z.string(),
    reason: z.string(),
  }),
  /** The text streamed so far is void; the stream begins anew. */
  z.looseObject({ type: z.literal('job.restarted'), ...base }),
  z.looseObject({ type: z.literal('job.completed'), ...base }),
  z.looseObject({ type: z.literal('job.failed'), ...base }),
  z.looseObject({ type: z.literal('job.cancelled'), ...base }),
  z.looseObject({ type: z.literal('job.expired'), ...base }),
]);
export type JobEvent = z.infer<typeof jobEventSchema>;
