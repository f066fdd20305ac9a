import { presentJob, type JobRecord } from '@sluice/broker';
import type { Job } from '@sluice/contracts';
import type { ApiDeps } from './api-deps.ts';

/** A record as the contract's job, with its place in the queue while it is queued. */
export async function showJob(
  record: JobRecord,
  { store, baseUrl }: Pick<ApiDeps, 'store' | 'baseUrl'>,
): Promise<Job> {
  const place = record.status === 'queued' ? await store.place(record) : null;
  return presentJob(record, { baseUrl: baseUrl(), place });
}
