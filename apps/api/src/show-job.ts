import { presentJob, type JobRecord, type TenantJobs } from '@sluice/broker';
import type { Job } from '@sluice/contracts';
import type { ApiDeps } from './api-deps.ts';

/** A record as the contract's job, with its place in the queue while it is queued. */
export async function showJob(
  record: JobRecord,
  { jobs, baseUrl }: Pick<ApiDeps, 'baseUrl'> & { jobs: TenantJobs },
): Promise<Job> {
  const place = record.status === 'queued' ? await jobs.place(record) : null;
  return presentJob(record, { baseUrl: baseUrl(), place });
}
