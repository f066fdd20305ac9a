import { z } from 'zod';

/** Source: OpenAI API reference, "The batch object". */
export const BATCH_STATUSES = [
  'validating',
  'in_progress',
  'finalizing',
  'completed',
  'failed',
  'expired',
  'cancelling',
  'cancelled',
] as const;

export const batchStatusSchema = z.enum(BATCH_STATUSES);
export type BatchStatus = z.infer<typeof batchStatusSchema>;

/** The one transition table: which states may follow which. Terminal states have none. */
export const BATCH_TRANSITIONS: Readonly<Record<BatchStatus, readonly BatchStatus[]>> = {
  validating: ['in_progress', 'failed', 'cancelling'],
  in_progress: ['finalizing', 'cancelling'],
  finalizing: ['completed', 'expired'],
  cancelling: ['cancelled'],
  completed: [],
  failed: [],
  expired: [],
  cancelled: [],
};

export type EndedBatchStatus = 'completed' | 'failed' | 'expired' | 'cancelled';

export function isEndedBatch(status: BatchStatus): status is EndedBatchStatus {
  return BATCH_TRANSITIONS[status].length === 0;
}

/** Which states a batch may leave for another one. */
export function batchStatesBefore(next: BatchStatus): readonly BatchStatus[] {
  return BATCH_STATUSES.filter((status) => BATCH_TRANSITIONS[status].includes(next));
}
