import { PLAIN_VAULT, type Vault } from '@sluice/vault';
import type { RedisClient } from './redis-script.ts';
import { decodeEndpoint } from './stored-endpoint.ts';
import type { WebhookEndpoint } from './webhook-endpoint.ts';
import { createWebhookKeys } from './webhook-keys.ts';

/** What a process knows of all tenants' endpoints, at most a second old. */
export interface EndpointDirectory {
  /** Answers from memory, but for the first call and after a pause. Rejects when it has to read and Redis is away. */
  of(tenant: string): Promise<readonly WebhookEndpoint[]>;
  /** What is known at this moment, without waiting; at most a second old while it is kept fresh. */
  peek(tenant: string): readonly WebhookEndpoint[];
  /** Reads what has changed every half second, until the answer is called. An outage leaves what was known. */
  keepFresh(): () => void;
}

const MAX_AGE_MS = 900;
const NONE: readonly WebhookEndpoint[] = [];

/**
 * One hash names the tenants that have endpoints, with a version for each: reading it, once a second, is all that
 * tenants without endpoints cost. It is read again beside the answer in the second half of its life, so that a busy
 * process never waits for it.
 */
export function createEndpointDirectory({
  redis,
  prefix,
  vault = PLAIN_VAULT,
  now = Date.now,
}: {
  redis: RedisClient;
  prefix: string;
  vault?: Vault;
  now?: () => number;
}): EndpointDirectory {
  const keys = createWebhookKeys(prefix);
  let versions: Readonly<Record<string, string>> = {};
  let readAtMs = -Infinity;
  let reading: Promise<void> | null = null;
  const lists = new Map<string, { version: string; endpoints: readonly WebhookEndpoint[] }>();

  const read = async (): Promise<void> => {
    const askedAtMs = now();
    versions = await redis.hgetall(keys.endpointTenants);
    readAtMs = askedAtMs;
    for (const tenant of lists.keys()) if (!(tenant in versions)) lists.delete(tenant);
  };
  const refresh = (): Promise<void> =>
    (reading ??= read().finally(() => {
      reading = null;
    }));

  const load = async (tenant: string, version: string): Promise<readonly WebhookEndpoint[]> => {
    const ids = await redis.zrange(keys.endpointsOf(tenant), 0, '-1');
    const found = await Promise.all(ids.map((id) => redis.hgetall(keys.endpoint(id))));
    const endpoints: WebhookEndpoint[] = [];
    for (const [i, fields] of found.entries()) {
      const decoded = decodeEndpoint(fields, vault, now());
      if (!decoded) {
        // Deleted, or a listener that went away without a word.
        await redis.zrem(keys.endpointsOf(tenant), ids[i] as string);
        continue;
      }
      const { secrets: _secrets, ...endpoint } = decoded;
      endpoints.push(endpoint);
    }
    lists.set(tenant, { version, endpoints });
    return endpoints;
  };

  return {
    async of(tenant) {
      const ageMs = now() - readAtMs;
      if (ageMs >= MAX_AGE_MS) await refresh();
      else if (ageMs >= MAX_AGE_MS / 2) refresh().catch(() => undefined);
      const version = versions[tenant];
      if (version === undefined) return NONE;
      const known = lists.get(tenant);
      return known?.version === version ? known.endpoints : load(tenant, version);
    },
    peek: (tenant) => lists.get(tenant)?.endpoints ?? NONE,
    keepFresh() {
      const look = async (): Promise<void> => {
        await refresh();
        for (const [tenant, version] of Object.entries(versions)) {
          if (lists.get(tenant)?.version !== version) await load(tenant, version);
        }
      };
      let looking: Promise<void> | null = null;
      const lookOnce = (): void => {
        looking ??= look()
          .catch(() => undefined)
          .finally(() => {
            looking = null;
          });
      };
      lookOnce();
      const timer = setInterval(lookOnce, MAX_AGE_MS / 2);
      timer.unref();
      return () => clearInterval(timer);
    },
  };
}
