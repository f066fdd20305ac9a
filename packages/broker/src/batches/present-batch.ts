import type { Batch, BatchStatus } from '@sluice/contracts';
import type { BatchRecord } from './batch-record.ts';

/** A batch as the API and webhooks show it: OpenAI's object and fields of our own. */
export function presentBatch(record: BatchRecord, { baseUrl }: { baseUrl: string }): Batch {
  const self = `${baseUrl}/v1/batches/${record.id}`;
  const { usage } = record;
  const at = (status: BatchStatus): number | null => {
    const ms = record.at[status];
    return ms === undefined ? null : toSeconds(ms);
  };
  return {
    id: record.id,
    object: 'batch',
    endpoint: record.endpoint,
    model: record.model,
    errors: record.errors && { object: 'list', data: [...record.errors] },
    input_file_id: record.inputFileId,
    completion_window: record.completionWindow,
    status: record.status,
    output_file_id: record.outputFileId,
    error_file_id: record.errorFileId,
    created_at: toSeconds(record.createdAtMs),
    in_progress_at: at('in_progress'),
    expires_at: toSeconds(record.expiresAtMs),
    finalizing_at: at('finalizing'),
    completed_at: at('completed'),
    failed_at: at('failed'),
    expired_at: at('expired'),
    cancelling_at: at('cancelling'),
    cancelled_at: at('cancelled'),
    request_counts: { total: record.total, completed: record.completed, failed: record.failed },
    usage:
      record.completed === 0
        ? null
        : {
            input_tokens: usage.input,
            input_tokens_details: { cached_tokens: usage.cached },
            output_tokens: usage.output,
            output_tokens_details: { reasoning_tokens: usage.reasoning },
            total_tokens: usage.input + usage.output,
          },
    metadata: record.metadata && { ...record.metadata },
    tier: record.tier,
    lane: record.lane,
    route: record.route,
    chain: record.chain && [...record.chain],
    tags: [...record.tags],
    cost_usd: record.costUsd === null ? null : Number(record.costUsd.toPrecision(12)),
    retried_from: record.retriedFrom,
    links: { self, events: `${self}/events`, results: `${self}/results`, cancel: `${self}/cancel` },
  };
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
