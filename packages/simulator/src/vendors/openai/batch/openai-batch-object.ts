import type { OpenaiBatch } from './openai-batch-facts.ts';
import type { BatchPhase } from '../../../batch/simulated-batch.ts';

const STATUSES: Readonly<Record<BatchPhase, string>> = {
  validating: 'validating',
  running: 'in_progress',
  finalizing: 'finalizing',
  cancelling: 'cancelling',
  completed: 'completed',
  failed: 'failed',
  expired: 'expired',
  cancelled: 'cancelled',
};

function seconds(ms: number | null): number | null {
  return ms === null ? null : Math.floor(ms / 1_000);
}

/** The batch object: every timestamp is there, null until it has come. Source: openai-openapi, recorded answers. */
export function openaiBatchObject(batch: OpenaiBatch) {
  const { facts, phase, counts, usage, errors, results } = batch;
  const endedAs = (end: BatchPhase): number | null => (phase === end ? seconds(batch.endedAtMs) : null);
  return {
    id: batch.id,
    object: 'batch',
    endpoint: facts.endpoint,
    model: batch.model,
    errors: errors.length > 0 ? { object: 'list', data: errors } : null,
    input_file_id: facts.inputFileId,
    completion_window: facts.completionWindow,
    status: STATUSES[phase],
    output_file_id: results.output?.id ?? null,
    error_file_id: results.error?.id ?? null,
    created_at: seconds(batch.createdAtMs),
    in_progress_at: seconds(batch.runningAtMs),
    expires_at: seconds(batch.expiresAtMs),
    finalizing_at: seconds(batch.finalizingAtMs),
    completed_at: endedAs('completed'),
    failed_at: endedAs('failed'),
    expired_at: endedAs('expired'),
    cancelling_at: seconds(batch.cancellingAtMs),
    cancelled_at: endedAs('cancelled'),
    request_counts: {
      total: phase === 'validating' ? 0 : counts.total,
      completed: counts.succeeded,
      failed: counts.failed,
    },
    usage: {
      input_tokens: usage.promptTokens,
      input_tokens_details: { cached_tokens: usage.cachedTokens },
      output_tokens: usage.completionTokens,
      output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
      total_tokens: usage.promptTokens + usage.completionTokens,
    },
    metadata: facts.metadata,
  };
}
