import type { Keys, RedisClient } from '@sluice/broker';

const INDEXES = ['open', 'completed', 'failed', 'cancelled', 'expired'] as const;
const SAMPLE = 100;
/** Samples of one index in one call: bounds the time that a long index takes. */
const MAX_SAMPLES = 50;
/** Below this share of an index's sample, what is gone can wait for the next call. */
const WORTHWHILE = 0.1;
/** A job that is being submitted has its entry before its record. */
const YOUNG_MS = 600_000;

/**
 * Removes jobs that are gone (their time to live is over) from the indexes that lists are read from; a job's record
 * expires by itself, its index entry does not. Like Redis' own expiry it looks at random samples, and goes on with
 * an index while much of the sample is gone: retention differs from job to job, so age alone tells nothing.
 * Any number of processes may trim. Returns how many entries were removed.
 */
export async function trimJobIndexes({ redis, keys }: { redis: RedisClient; keys: Keys }): Promise<number> {
  let removed = 0;
  for (const tenant of await redis.smembers(keys.tenants)) {
    for (const name of INDEXES) removed += await trim(keys.index(tenant, name));
  }
  return removed;

  async function trim(index: string): Promise<number> {
    let count = 0;
    for (let n = 0; n < MAX_SAMPLES; n += 1) {
      const { sampled, gone } = await sample(index);
      if (gone.length > 0) count += await redis.zrem(index, ...gone);
      if (gone.length <= sampled * WORTHWHILE) break;
    }
    return count;
  }

  async function sample(index: string): Promise<{ sampled: number; gone: string[] }> {
    const flat = (await redis.zrandmember(index, SAMPLE, 'WITHSCORES')) as unknown as string[];
    const old = flat.flatMap((id, i) =>
      i % 2 === 0 && Number(flat[i + 1]) < Date.now() - YOUNG_MS ? [id] : [],
    );
    const states = await Promise.all(old.map((id) => redis.hget(keys.job(id), 'status')));
    const gone = old.filter((_id, i) => states[i] === null || states[i] === 'erased');
    return { sampled: flat.length / 2, gone };
  }
}
