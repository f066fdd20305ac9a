import type { JobCodec, JobRecord, Keys, RedisClient } from '@sluice/broker';

/** Reads a job's record whole; null when there is none. */
export function createJobLoader({
  redis,
  keys,
  codec,
}: {
  redis: RedisClient;
  keys: Keys;
  codec: JobCodec;
}): (jobId: string) => Promise<JobRecord | null> {
  return async (jobId) => codec.decode(await redis.hgetall(keys.job(jobId)));
}
