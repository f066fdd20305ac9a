import type { ListJobsOutcome, ListJobsQuery } from '../broker.ts';
import type { JobCodec } from '../job-codec.ts';
import type { JobRecord } from '../job-record.ts';
import type { Keys } from '../keys.ts';
import { jobMatches } from '../job-matches.ts';
import type { RedisClient } from '../script.ts';
import { batchLineJobId, lineOfJob } from './batch-line-id.ts';

const PAGE = 50;
/** Lines that one call looks at; see `listJobs`. */
const MAX_SCANNED = 1_000;

/** Jobs of a batch from the last line to the first. Their ids follow from the batch's, so no index is read. */
export async function listBatchJobs(
  { redis, keys, codec }: { redis: RedisClient; keys: Keys; codec: JobCodec },
  query: ListJobsQuery & { batchId: string },
): Promise<ListJobsOutcome> {
  const { batchId, tenant, limit, after } = query;
  const [owner, total] = await redis.hmget(keys.batch(batchId), 'tenant', 'total');
  const ofTenant = owner === tenant;
  let line = ofTenant ? Number(total) : 0;
  if (after !== undefined) {
    const last = lineOfJob(batchId, after);
    if (last === null || !ofTenant) return { status: 'unknown_cursor' };
    line = last - 1;
  }
  const jobs: JobRecord[] = [];
  const lastLine = Math.max(0, line - MAX_SCANNED);
  while (line > lastLine) {
    const lines = Array.from({ length: Math.min(PAGE, line - lastLine) }, (_, at) => line - at);
    const found = await Promise.all(
      lines.map(async (n) => codec.decode(await redis.hgetall(keys.job(batchLineJobId(batchId, n))))),
    );
    for (const job of found) {
      if (job && jobMatches(job, query)) {
        if (jobs.length === limit)
          return { status: 'ok', jobs, hasMore: true, lastId: jobs.at(-1)?.id ?? null };
        jobs.push(job);
      }
      line -= 1;
    }
  }
  if (line === 0) return { status: 'ok', jobs, hasMore: false, lastId: jobs.at(-1)?.id ?? null };
  return { status: 'ok', jobs, hasMore: true, lastId: batchLineJobId(batchId, line + 1) };
}
