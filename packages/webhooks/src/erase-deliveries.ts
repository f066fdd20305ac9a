import type { RedisClient } from './redis-script.ts';
import { createWebhookKeys } from './webhook-keys.ts';

/** Removes all that is kept of a job's deliveries; those that have not ended are not sent any more. Idempotent. */
export async function eraseDeliveries({
  redis,
  prefix,
  jobId,
}: {
  redis: RedisClient;
  prefix: string;
  jobId: string;
}): Promise<void> {
  const keys = createWebhookKeys(prefix);
  for (const eventId of await redis.zrange(keys.ofJob(jobId), 0, '-1')) {
    await redis.del(keys.delivery(eventId));
    await redis.zrem(keys.pending, eventId);
  }
  await redis.del(keys.ofJob(jobId));
}
