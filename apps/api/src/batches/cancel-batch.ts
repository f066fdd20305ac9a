import type { BatchRecord } from '@sluice/broker';
import { ApiError } from '@sluice/contracts';
import type { ApiDeps } from '../api-deps.ts';
import { batchNotFound } from './batch-not-found.ts';

/**
 * Begins to cancel a batch: what has ended stays, all other lines end. Cancelling again changes nothing.
 * @throws ApiError `not_found`, `batch_ended`.
 */
export async function cancelBatch(
  id: string,
  tenant: string,
  { batches, wakeBatches }: Pick<ApiDeps, 'batches' | 'wakeBatches'>,
): Promise<BatchRecord> {
  if (!(await batches.get(id, tenant))) throw batchNotFound(id);
  const outcome = await batches.move(id, 'cancelling');
  const batch = await batches.get(id, tenant);
  if (!batch) throw batchNotFound(id);
  if (outcome === 'moved') {
    await batches.lookNow(id);
    wakeBatches();
    return batch;
  }
  if (batch.status === 'cancelling' || batch.status === 'cancelled') return batch;
  throw new ApiError('batch_ended', `The batch is ${batch.status} and can't be cancelled.`, {
    param: 'id',
    headers: { 'x-should-retry': 'false' },
  });
}
