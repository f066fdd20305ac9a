import { z } from 'zod';

export const BATCH_EVENT_TYPES = [
  'batch.in_progress',
  'batch.completed',
  'batch.failed',
  'batch.expired',
  'batch.cancelled',
] as const;
export type BatchEventType = (typeof BATCH_EVENT_TYPES)[number];

/** Events after which a batch's stream ends; sent to its webhook when that names no events. */
export const TERMINAL_BATCH_EVENT_TYPES = [
  'batch.completed',
  'batch.failed',
  'batch.expired',
  'batch.cancelled',
] as const;

/** Lines by what became of them; `failed` are all that ended without an answer. */
export const requestCountsSchema = z.object({
  total: z.number().int().nonnegative(),
  completed: z.number().int().nonnegative(),
  failed: z.number().int().nonnegative(),
});
export type RequestCounts = z.infer<typeof requestCountsSchema>;

const base = {
  /** Sequence number within the batch, from 1 without gaps. */
  seq: z.number().int().positive(),
  batch_id: z.string(),
  at: z.iso.datetime(),
};

/** One event of a batch's stream, stored and published like a job's (see `jobEventSchema`). */
export const batchEventSchema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('batch.in_progress'), ...base, request_counts: requestCountsSchema }),
  z.looseObject({ type: z.literal('batch.completed'), ...base, request_counts: requestCountsSchema }),
  z.looseObject({ type: z.literal('batch.failed'), ...base, request_counts: requestCountsSchema }),
  z.looseObject({ type: z.literal('batch.expired'), ...base, request_counts: requestCountsSchema }),
  z.looseObject({ type: z.literal('batch.cancelled'), ...base, request_counts: requestCountsSchema }),
]);
export type BatchEvent = z.infer<typeof batchEventSchema>;
