import type { BatchRecord } from '@sluice/broker';
import { ApiError } from '@sluice/contracts';
import type { ApiDeps } from '../api-deps.ts';
import type { Caller } from '../caller.ts';
import { batchNotFound } from './batch-not-found.ts';

/**
 * Begins to cancel a batch: what has ended stays, all other lines end. Cancelling again changes nothing.
 * @throws ApiError `not_found`, `batch_ended`.
 */
export async function cancelBatch(
  id: string,
  { batches }: Pick<Caller, 'batches'>,
  { wakeBatches }: Pick<ApiDeps, 'wakeBatches'>,
): Promise<BatchRecord> {
  const outcome = await batches.cancel(id);
  if (outcome.status === 'not_found') throw batchNotFound(id);
  const { batch } = outcome;
  if (outcome.status === 'ended') {
    throw new ApiError('batch_ended', `The batch is ${batch.status} and can't be cancelled.`, {
      param: 'id',
      headers: { 'x-should-retry': 'false' },
    });
  }
  if (outcome.began) wakeBatches();
  return batch;
}
