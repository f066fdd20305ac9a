import type { Delivery } from './delivery.ts';
import { readDelivery } from './read-delivery.ts';
import type { RedisClient } from './redis-script.ts';
import { createWebhookKeys } from './webhook-keys.ts';

/** Without what only the deliverer may see. */
export type ListedDelivery = Omit<Delivery, 'secret' | 'body' | 'turn' | 'attemptsBefore'>;

/** The deliveries of a job that are still kept, oldest first. Whether the caller may see the job is the caller's check. */
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
  const ids = await redis.zrange(keys.ofJob(jobId), 0, '-1');
  const found = await Promise.all(ids.map((id) => readDelivery({ redis, keys, vault: BLIND }, id)));
  return found.filter((delivery) => delivery !== null).map(toListed);
}

/** Lists show neither bodies nor secrets, so that nothing needs to be opened for them. */
export const BLIND = { seals: false, seal: (text: string) => text, open: () => '' };

export function toListed(delivery: Delivery): ListedDelivery {
  const { secret: _secret, body: _body, turn: _turn, attemptsBefore: _before, ...listed } = delivery;
  return listed;
}
