import { decodeJob, type JobRecord, type Keys, type RedisClient } from '@sluice/broker';

/** Reads a job's record whole; null when there is none. */
export function createJobLoader({
  redis,
  keys,
}: {
  redis: RedisClient;
  keys: Keys;
}): (jobId: string) => Promise<JobRecord | null> {
  return async (jobId) => decodeJob(await redis.hgetall(keys.job(jobId)));
}
