import { PLAIN_VAULT, type Vault } from '@sluice/vault';
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
  vault = PLAIN_VAULT,
}: {
  redis: RedisClient;
  prefix: string;
  jobId: string;
  /** Opens what receivers answered. @defaultValue it is stored as it is */
  vault?: Vault;
}): Promise<ListedDelivery[]> {
  const keys = createWebhookKeys(prefix);
  const ids = await redis.zrange(keys.ofJob(jobId), 0, '-1');
  const found = await Promise.all(ids.map((id) => readDelivery({ redis, keys, vault, blind: true }, id)));
  return found.filter((delivery) => delivery !== null).map(toListed);
}

export function toListed(delivery: Delivery): ListedDelivery {
  const { secret: _secret, body: _body, turn: _turn, attemptsBefore: _before, ...listed } = delivery;
  return listed;
}
