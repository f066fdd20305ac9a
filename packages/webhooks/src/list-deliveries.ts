import type { Delivery } from './delivery.ts';
import { readDelivery } from './read-delivery.ts';
import type { RedisClient } from './redis-script.ts';
import { createWebhookKeys } from './webhook-keys.ts';

/** Without what only the deliverer may see. */
export type ListedDelivery = Omit<Delivery, 'secret' | 'body' | 'turn'>;

/** The deliveries of a job that are still kept, at most 100, oldest first. Whether the caller may see the job is the caller's check. */
export async function listDeliveries({
  redis,
  prefix,
  jobId,
}: {
  redis: RedisClient;
  prefix: string;
  jobId: string;
}): Promise<ListedDelivery[]> {
  const keys = createWebhookKeys(prefix);
  const eventIds = await redis.zrange(keys.ofJob(jobId), 0, '-1');
  const found = await Promise.all(eventIds.map((eventId) => readDelivery({ redis, keys }, eventId)));
  return found
    .filter((delivery) => delivery !== null)
    .map(({ secret: _secret, body: _body, turn: _turn, ...listed }) => listed);
}
