import type { Keys, RedisClient } from '@sluice/broker';
import type { ProviderDrain } from './drain-provider.ts';

const LOOK_EVERY_MS = 5_000;

/**
 * Looks every 5 s whether the jobs that run here have been ended by somebody else. A cancel is told by pub/sub,
 * which loses messages; this is what makes it certain. The returned function stops it.
 */
export function watchRunningJobs({
  redis,
  keys,
  drains,
  abortJob,
  onError,
}: {
  redis: RedisClient;
  keys: Keys;
  drains: ReadonlyMap<string, ProviderDrain>;
  abortJob: (jobId: string) => void;
  onError: (error: unknown) => void;
}): () => void {
  const look = async (): Promise<void> => {
    const ids = Array.from(drains.values()).flatMap((drain) => drain.jobIds());
    await Promise.all(
      ids.map(async (id) => {
        const status = await redis.hget(keys.job(id), 'status');
        if (status !== 'queued' && status !== 'in_progress') abortJob(id);
      }),
    );
  };
  const timer = setInterval(() => void look().catch(onError), LOOK_EVERY_MS);
  return () => clearInterval(timer);
}
