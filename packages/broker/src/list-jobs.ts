import type { JobStatus } from '@sluice/contracts';
import { listBatchJobs } from './batches/list-batch-jobs.ts';
import type { ListJobsOutcome, ListJobsQuery } from './broker.ts';
import { jobMatches } from './job-matches.ts';
import type { JobCodec } from './job-codec.ts';
import type { JobRecord } from './job-record.ts';
import type { Keys } from './keys.ts';
import type { RedisClient } from './script.ts';

const PAGE = 100;
/** Jobs that one call looks at; filters that match few of them answer a cursor to go on from. */
const MAX_SCANNED = 1_000;
const INDEXES = ['open', 'completed', 'failed', 'cancelled', 'expired'] as const;

interface Position {
  createdAtMs: number;
  id: string;
}

/** Jobs of a tenant from newest to oldest. Reads the tenant's index and filters by the records themselves. */
export async function listJobs(
  { redis, keys, codec }: { redis: RedisClient; keys: Keys; codec: JobCodec },
  query: ListJobsQuery,
): Promise<ListJobsOutcome> {
  if (query.batchId !== undefined)
    return listBatchJobs({ redis, keys, codec }, { ...query, batchId: query.batchId });
  let from: Position | null = null;
  if (query.after !== undefined) {
    const last = codec.decode(await redis.hgetall(keys.job(query.after)));
    if (!last || last.tenant !== query.tenant) return { status: 'unknown_cursor' };
    from = { createdAtMs: last.createdAtMs, id: last.id };
  }
  const indexes = indexesFor(query.status).map((name) => keys.index(query.tenant, name));
  const jobs: JobRecord[] = [];
  let scanned = 0;
  while (scanned < MAX_SCANNED) {
    const page = await nextPage(redis, { indexes, from, query });
    for (const position of page) {
      const job = codec.decode(await redis.hgetall(keys.job(position.id)));
      if (job && jobMatches(job, query)) {
        if (jobs.length === query.limit)
          return { status: 'ok', jobs, hasMore: true, lastId: jobs.at(-1)?.id ?? null };
        jobs.push(job);
      } else if (!job) {
        await Promise.all(indexes.map((index) => redis.zrem(index, position.id)));
      }
      from = position;
    }
    scanned += page.length;
    if (page.length < PAGE) return { status: 'ok', jobs, hasMore: false, lastId: jobs.at(-1)?.id ?? null };
  }
  return { status: 'ok', jobs, hasMore: true, lastId: from?.id ?? null };
}

/** Jobs that have not ended share one index; what they are exactly is in the record. */
function indexesFor(status: JobStatus | undefined): readonly string[] {
  if (status === undefined) return INDEXES;
  return status === 'queued' || status === 'in_progress' ? ['open'] : [status];
}

/** The next ids over all indexes, newest first, ties by id. */
async function nextPage(
  redis: RedisClient,
  { indexes, from, query }: { indexes: readonly string[]; from: Position | null; query: ListJobsQuery },
): Promise<Position[]> {
  const highest = Math.min(from?.createdAtMs ?? Infinity, query.createdBeforeMs ?? Infinity);
  const max = Number.isFinite(highest) ? highest : '+inf';
  const pages = await Promise.all(
    indexes.map((index) => pageOf(redis, { index, max, min: query.createdAfterMs ?? '-inf', from })),
  );
  const seen = new Map(pages.flat().map((position) => [position.id, position]));
  return Array.from(seen.values()).sort(newestFirst).slice(0, PAGE);
}

async function pageOf(
  redis: RedisClient,
  {
    index,
    max,
    min,
    from,
  }: { index: string; max: number | '+inf'; min: number | '-inf'; from: Position | null },
): Promise<Position[]> {
  const found: Position[] = [];
  // Jobs of the cursor's own millisecond that were listed before are read again and left out.
  for (let offset = 0; found.length < PAGE; offset += PAGE) {
    const flat = await redis.zrevrangebyscore(index, max, min, 'WITHSCORES', 'LIMIT', offset, PAGE);
    for (let i = 0; i < flat.length; i += 2) {
      const position = { id: flat[i] as string, createdAtMs: Number(flat[i + 1]) };
      if (!from || newestFirst(from, position) < 0) found.push(position);
    }
    if (flat.length < PAGE * 2) break;
  }
  return found.slice(0, PAGE);
}

function newestFirst(left: Position, right: Position): number {
  return right.createdAtMs - left.createdAtMs || (left.id < right.id ? 1 : left.id > right.id ? -1 : 0);
}
