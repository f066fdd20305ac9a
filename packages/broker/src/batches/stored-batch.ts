import { BATCH_STATUSES, type BatchError, type BatchStatus } from '@sluice/contracts';
import type { Vault } from '@sluice/vault';
import type { BatchRecord, NewBatch } from './batch-record.ts';

/** The hash fields that the `batch-create` script is given; it adds the state itself. */
export function encodeNewBatch(batch: NewBatch, vault: Vault): string[] {
  const sealed = withSecret(batch, (secret, place) => vault.seal(secret, place));
  return ['id', batch.id, 'tenant', batch.tenant, 'fixed', JSON.stringify({ v: 1, ...sealed })];
}

/** The secret of its webhook, if it brings one of its own, is the one thing in a batch that is sealed. */
function withSecret<Batch extends NewBatch>(
  batch: Batch,
  change: (secret: string, place: string) => string,
): Batch {
  const { webhook } = batch;
  if (!webhook || !('secret' in webhook) || typeof webhook.secret !== 'string') return batch;
  return { ...batch, webhook: { ...webhook, secret: change(webhook.secret, `${batch.id}/webhook_secret`) } };
}

/** A batch from its hash; null when there is none. */
export function decodeBatch(hash: Readonly<Record<string, string>>, vault: Vault): BatchRecord | null {
  if (!hash['fixed']) return null;
  const number = (field: string): number => Number(hash[field] ?? 0);
  const at = BATCH_STATUSES.flatMap((status) =>
    hash[`at_${status}`] === undefined ? [] : [[status, number(`at_${status}`)] as const],
  );
  return {
    ...withSecret(JSON.parse(hash['fixed']) as NewBatch & { v: 1 }, (secret, place) =>
      vault.open(secret, place),
    ),
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
