import type { JobRecord, NewJob } from '@sluice/broker';
import { ApiError } from '@sluice/contracts';
import type { ApiDeps } from './api-deps.ts';

/** Long enough for some jobs to end, short enough not to leave a drained tenant idle. */
const TENANT_RETRY_SECONDS = '5';
const NO_RETRY = { headers: { 'x-should-retry': 'false' }, param: 'Idempotency-Key' };

/**
 * Stores a job; resolved means stored. The same id and body again answers the job that exists.
 * @throws ApiError `idempotency_key_reused`, `tenant_queue_full`.
 */
export async function storeNewJob(
  job: NewJob,
  { store, metrics }: Pick<ApiDeps, 'store' | 'metrics'>,
): Promise<{ job: JobRecord; replayed: boolean }> {
  const outcome = await store.submit(job);
  metrics.jobSubmitted({ tier: job.tier, outcome: outcome.status });
  switch (outcome.status) {
    case 'created':
      return { job: outcome.job, replayed: false };
    case 'duplicate':
      return { job: outcome.job, replayed: true };
    case 'tenant_full':
      throw new ApiError(
        'tenant_queue_full',
        `Tenant "${job.tenant}" has ${outcome.maxOpenJobs} jobs that have not ended, and may have no more.`,
        { headers: { 'retry-after': TENANT_RETRY_SECONDS } },
      );
    case 'conflict':
      throw new ApiError(
        'idempotency_key_reused',
        'This Idempotency-Key came with a different body before.',
        NO_RETRY,
      );
    case 'erased':
      throw new ApiError('idempotency_key_reused', "This Idempotency-Key's job was deleted.", NO_RETRY);
    default:
      return outcome satisfies never;
  }
}
