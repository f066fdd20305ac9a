import { BATCH_STATUSES, type BatchError, type BatchStatus } from '@sluice/contracts';
import type { BatchRecord, NewBatch } from './batch-record.ts';

/** The hash fields that the `batch-create` script is given; it adds the state itself. */
export function encodeNewBatch(batch: NewBatch): string[] {
  return ['id', batch.id, 'tenant', batch.tenant, 'fixed', JSON.stringify({ v: 1, ...batch })];
}

/** A batch from its hash; null when there is none. */
export function decodeBatch(hash: Readonly<Record<string, string>>): BatchRecord | null {
  if (!hash['fixed']) return null;
  const number = (field: string): number => Number(hash[field] ?? 0);
  const at = BATCH_STATUSES.flatMap((status) =>
    hash[`at_${status}`] === undefined ? [] : [[status, number(`at_${status}`)] as const],
  );
  return {
    ...(JSON.parse(hash['fixed']) as NewBatch & { v: 1 }),
    status: hash['status'] as BatchStatus,
    total: number('total'),
    completed: number('completed'),
    failed: number('failed'),
    expired: number('expired'),
    cancelled: number('cancelled'),
    cursorLine: number('cursor_line'),
    cursorByte: number('cursor_byte'),
    allQueued: hash['all_queued'] === '1',
    model: hash['model'] || null,
    errors: hash['errors'] === undefined ? null : (JSON.parse(hash['errors']) as BatchError[]),
    outputFileId: hash['output_file'] || null,
    errorFileId: hash['error_file'] || null,
    at: Object.fromEntries(at),
    usage: {
      input: number('input'),
      cached: number('cached'),
      output: number('output'),
      reasoning: number('reasoning'),
    },
    costUsd: hash['cost'] === undefined ? null : number('cost'),
  };
}
