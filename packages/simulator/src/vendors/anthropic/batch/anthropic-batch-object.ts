import type { SimulatedBatch } from '../../../batch/simulated-batch.ts';

export type AnthropicBatch = SimulatedBatch<null>;

function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000+00:00');
}

/** The batch object. Counts stay those of the start until all has ended, as the vendor's do. */
export function anthropicBatchObject(batch: AnthropicBatch, baseUrl: string) {
  const { id, counts, phase, createdAtMs, endedAtMs, expiresAtMs, cancellingAtMs } = batch;
  const isOver = endedAtMs !== null;
  return {
    id,
    type: 'message_batch',
    processing_status: isOver ? 'ended' : phase === 'cancelling' ? 'canceling' : 'in_progress',
    request_counts: isOver
      ? {
          processing: 0,
          succeeded: counts.succeeded,
          errored: counts.failed,
          canceled: counts.cancelled,
          expired: counts.expired,
        }
      : { processing: counts.total, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
    ended_at: isOver ? isoTime(endedAtMs) : null,
    created_at: isoTime(createdAtMs),
    expires_at: isoTime(expiresAtMs),
    archived_at: null,
    cancel_initiated_at: cancellingAtMs === null ? null : isoTime(cancellingAtMs),
    results_url: isOver ? `${baseUrl}/v1/messages/batches/${id}/results` : null,
  };
}
