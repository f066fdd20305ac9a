import type { ListJobsQuery } from './broker.ts';
import type { JobRecord } from './job-record.ts';

/** Whether a job passes all filters of a query. */
export function jobMatches(job: JobRecord, query: ListJobsQuery): boolean {
  return (
    job.tenant === query.tenant &&
    (query.status === undefined || job.status === query.status) &&
    (query.tier === undefined || job.tier === query.tier) &&
    (query.tag === undefined || job.tags.includes(query.tag)) &&
    (query.keyId === undefined || job.keyId === query.keyId) &&
    (query.batchId === undefined || job.batchId === query.batchId) &&
    (query.task === undefined || job.task === query.task) &&
    (query.target === undefined || job.chain.includes(query.target))
  );
}
