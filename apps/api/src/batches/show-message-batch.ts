import type { BatchRecord } from '@sluice/broker';
import { isEndedBatch } from '@sluice/contracts';
import { z } from 'zod';

/** Source: @anthropic-ai/sdk 1.11, `MessageBatch`. */
export const messageBatchSchema = z.object({
  id: z.string(),
  type: z.literal('message_batch'),
  processing_status: z.enum(['in_progress', 'canceling', 'ended']),
  request_counts: z.object({
    processing: z.number().int(),
    succeeded: z.number().int(),
    errored: z.number().int(),
    canceled: z.number().int(),
    expired: z.number().int(),
  }),
  created_at: z.string(),
  expires_at: z.string(),
  ended_at: z.string().nullable(),
  archived_at: z.string().nullable(),
  cancel_initiated_at: z.string().nullable(),
  results_url: z.string().nullable(),
});
export type MessageBatch = z.infer<typeof messageBatchSchema>;

/** `msgbatch_…` and `batch_…` name the same batch. */
export function messageBatchId(batchId: string): string {
  return batchId.replace(/^batch_/, 'msgbatch_');
}

export function batchIdOfMessageBatch(id: string): string {
  return id.startsWith('msgbatch_') ? id.replace(/^msgbatch_/, 'batch_') : '';
}

/** A batch in Anthropic's form. Unlike Anthropic's, the counts move while it runs. */
export function showMessageBatch(batch: BatchRecord, { baseUrl }: { baseUrl: string }): MessageBatch {
  const { status, at, total, completed, failed, cancelled, expired } = batch;
  const id = messageBatchId(batch.id);
  const ended = isEndedBatch(status);
  const iso = (ms: number | undefined): string | null =>
    ms === undefined ? null : new Date(ms).toISOString();
  return {
    id,
    type: 'message_batch',
    processing_status: ended ? 'ended' : status === 'cancelling' ? 'canceling' : 'in_progress',
    request_counts: {
      processing: total - completed - failed,
      succeeded: completed,
      errored: failed - cancelled - expired,
      canceled: cancelled,
      expired,
    },
    created_at: new Date(batch.createdAtMs).toISOString(),
    expires_at: new Date(batch.expiresAtMs).toISOString(),
    ended_at: ended ? iso(at[status]) : null,
    archived_at: null,
    cancel_initiated_at: iso(at.cancelling),
    results_url: ended ? `${baseUrl}/v1/messages/batches/${id}/results` : null,
  };
}
