import type { JobQuota, JobRecord, NewJob, TenantJobs } from '@sluice/broker';
import { ApiError } from '@sluice/contracts';
import type { ApiDeps } from './api-deps.ts';
import { retryHeaders } from './retry-headers.ts';

/** Long enough for some jobs to end, short enough not to leave a drained tenant idle. */
const TENANT_RETRY_SECONDS = '5';
const NO_RETRY = { headers: { 'x-should-retry': 'false' }, param: 'Idempotency-Key' };

/**
 * Stores a job; resolved means stored. The same id and body again answers the job that exists.
 * @throws ApiError `idempotency_key_reused`, `tenant_queue_full`, `rate_limit_exceeded`, `key_quota_exceeded`.
 */
export async function storeNewJob(
  job: NewJob,
  { jobs, metrics }: Pick<ApiDeps, 'metrics'> & { jobs: TenantJobs },
): Promise<{ job: JobRecord; replayed: boolean }> {
  const outcome = await jobs.submit(job);
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
    case 'over_quota':
      throw overQuota(job, outcome);
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

function overQuota(
  { keyLimits, estimatedTokens }: NewJob,
  { quota, retryAfterMs }: { quota: JobQuota; retryAfterMs: number | null },
): ApiError {
  const limit = keyLimits?.[quota];
  const headers = retryHeaders(retryAfterMs);
  if (quota === 'queued_jobs') {
    const message = `This key has ${limit} jobs that have not ended, and may have no more.`;
    return new ApiError('key_quota_exceeded', message, { headers });
  }
  const needs = `The request needs about ${Math.ceil(estimatedTokens)} tokens`;
  const allows = `this key may take ${limit} tokens a ${quota === 'tokens_per_day' ? 'UTC day' : 'minute'}`;
  if (retryAfterMs === null) {
    return new ApiError('key_quota_exceeded', `${needs}, and ${allows}: it never fits.`, { headers });
  }
  const code = quota === 'tokens_per_day' ? 'key_quota_exceeded' : 'rate_limit_exceeded';
  return new ApiError(code, `${needs}, more than is left: ${allows}.`, { headers });
}
