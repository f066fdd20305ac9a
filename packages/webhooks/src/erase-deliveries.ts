import { createLanes } from './create-lanes.ts';
import { laneOf } from './lane-of.ts';
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
  const lanes = createLanes({ redis, keys });
  for (const id of await redis.zrange(keys.ofJob(jobId), 0, '-1')) {
    const [tenant, url, endpoint] = await redis.hmget(keys.delivery(id), 'tenant', 'url', 'endpoint');
    await redis.del(keys.delivery(id));
    await redis.zrem(keys.pending, id);
    if (!tenant || !url) continue;
    await lanes.forget({ lane: laneOf({ tenant, url, endpoint: endpoint ?? null }), id });
    await redis.zrem(keys.ofTenant(tenant), id);
    if (endpoint) await redis.zrem(keys.toEndpoint(endpoint), id);
  }
  await redis.del(keys.ofJob(jobId));
}
