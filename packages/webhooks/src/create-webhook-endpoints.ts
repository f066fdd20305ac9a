import { randomBytes } from 'node:crypto';
import { PLAIN_VAULT, type Vault } from '@sluice/vault';
import { createLanes } from './create-lanes.ts';
import { listenerPlace } from './listener-place.ts';
import { newWebhookKeyPair } from './new-webhook-key-pair.ts';
import { newWebhookSecret } from './new-webhook-secret.ts';
import { readRedisScript, type RedisClient } from './redis-script.ts';
import { decodeEndpoint, encodeEndpoint } from './stored-endpoint.ts';
import type { EndpointSettings, EndpointWithSecrets, WebhookEndpoint } from './webhook-endpoint.ts';
import { createWebhookKeys } from './webhook-keys.ts';

export type CreateEndpointOutcome =
  | { status: 'created'; endpoint: EndpointWithSecrets }
  | { status: 'too_many'; max: number };

/** Endpoints of one tenant: another's are not there. Every method rejects when Redis is away. */
export interface TenantEndpoints {
  create(
    settings: EndpointSettings & { signature: WebhookEndpoint['signature'] },
  ): Promise<CreateEndpointOutcome>;
  get(id: string): Promise<EndpointWithSecrets | null>;
  /** Newest first. Null: `after` names no endpoint. */
  list(page: {
    limit: number;
    after?: string | undefined;
  }): Promise<{ endpoints: EndpointWithSecrets[]; hasMore: boolean } | null>;
  /** A field that is not given stays. */
  change(id: string, changes: Partial<EndpointSettings>): Promise<EndpointWithSecrets | null>;
  disable(id: string): Promise<EndpointWithSecrets | null>;
  /** Also forgets past failures. */
  enable(id: string): Promise<EndpointWithSecrets | null>;
  /** A new secret, which signs first; the one before signs too for `overlapMs` more. */
  rotate(id: string, options: { overlapMs: number }): Promise<EndpointWithSecrets | null>;
  remove(id: string): Promise<boolean>;
  /** An endpoint that keeps what it gets for somebody who reads it, and is gone when it is not kept alive. */
  openListener(options: { events: readonly string[] }): Promise<WebhookEndpoint>;
  /** What a listener got since the last call, at most 100; false when it is gone. Keeps it alive. */
  readListener(id: string): Promise<readonly string[] | false>;
  closeListener(id: string): Promise<void>;
}

export interface WebhookEndpoints {
  /** The handle that a request works with. */
  of(tenant: string): TenantEndpoints;
  /** For deliveries: whatever its tenant. */
  read(id: string): Promise<EndpointWithSecrets | null>;
  /** Counts what came of an attempt; `disabled` when the endpoint is disabled by this. */
  report(
    id: string,
    outcome: 'arrived' | 'failed' | 'gone',
    options: { disableAfterMs: number },
  ): Promise<'none' | 'disabled'>;
  /** Whether it was disabled and nobody was told yet. */
  hasNotice(id: string): Promise<boolean>;
  clearNotice(endpoint: WebhookEndpoint): Promise<void>;
}

const MAX_ENDPOINTS = 100;
const MAX_SECRETS = 10;
const LISTENER_TTL_MS = 60_000;
const LISTENER_PAGE = 100;

/** Webhook endpoints in Redis, one hash each. The connection is borrowed. */
export function createWebhookEndpoints({
  redis,
  prefix,
  vault = PLAIN_VAULT,
  now = Date.now,
}: {
  redis: RedisClient;
  prefix: string;
  /** Seals secrets and headers. @defaultValue as they are */
  vault?: Vault;
  now?: () => number;
}): WebhookEndpoints {
  const keys = createWebhookKeys(prefix);
  const lanes = createLanes({ redis, keys });
  const outcomeScript = readRedisScript('endpoint-outcome');

  const read = async (id: string): Promise<EndpointWithSecrets | null> =>
    decodeEndpoint(await redis.hgetall(keys.endpoint(id)), vault, now());

  /** Every process reads the tenant's endpoints again within a second. */
  const raiseVersion = async (tenant: string): Promise<void> => {
    await redis.hincrby(keys.endpointTenants, tenant, 1);
  };

  /** Raised before as well: a crash in between leaves nothing that nobody reads. */
  const changing = async (tenant: string, change: () => Promise<unknown>): Promise<void> => {
    await raiseVersion(tenant);
    await change();
    await raiseVersion(tenant);
  };

  const store = async (endpoint: EndpointWithSecrets): Promise<void> => {
    await redis.hset(keys.endpoint(endpoint.id), encodeEndpoint(endpoint, vault));
  };

  const configureLane = ({ id, concurrency, ratePerSecond }: WebhookEndpoint): Promise<void> => {
    const usual = concurrency === null && ratePerSecond === null;
    return lanes.configure(id, usual ? null : { concurrency: concurrency ?? 0, perSecond: ratePerSecond });
  };

  const of = (tenant: string): TenantEndpoints => {
    const indexKey = keys.endpointsOf(tenant);

    const get = async (id: string): Promise<EndpointWithSecrets | null> => {
      const endpoint = await read(id);
      return endpoint?.tenant === tenant && endpoint.kind === 'receiver' ? endpoint : null;
    };

    const update = async (
      id: string,
      next: (endpoint: EndpointWithSecrets) => EndpointWithSecrets,
    ): Promise<EndpointWithSecrets | null> => {
      const endpoint = await get(id);
      if (!endpoint) return null;
      const changed = { ...next(endpoint), updatedAtMs: now() };
      await changing(tenant, async () => {
        await configureLane(changed);
        await store(changed);
      });
      return changed;
    };

    const insert = async (endpoint: EndpointWithSecrets): Promise<void> =>
      changing(tenant, async () => {
        await store(endpoint);
        await redis.zadd(indexKey, endpoint.createdAtMs, endpoint.id);
      });

    return {
      get,
      async create({ signature, ...settings }) {
        if ((await redis.zcard(indexKey)) >= MAX_ENDPOINTS) return { status: 'too_many', max: MAX_ENDPOINTS };
        const secret = newSecret(signature);
        const endpoint: EndpointWithSecrets = {
          ...newEndpoint({ tenant, kind: 'receiver', nowMs: now() }),
          ...settings,
          signature,
          secrets: [{ secret, untilMs: null }],
        };
        await configureLane(endpoint);
        await insert(endpoint);
        return { status: 'created', endpoint };
      },

      async list({ limit, after }) {
        let start = 0;
        if (after !== undefined) {
          const rank = await redis.zrevrank(indexKey, after);
          if (rank === null) return null;
          start = rank + 1;
        }
        const ids = await redis.zrevrange(indexKey, start, -1);
        const found = (await Promise.all(ids.map(get))).filter((endpoint) => endpoint !== null);
        return { endpoints: found.slice(0, limit), hasMore: found.length > limit };
      },

      change: (id, changes) => update(id, (endpoint) => ({ ...endpoint, ...changes })),

      async disable(id) {
        const endpoint = await get(id);
        if (!endpoint) return null;
        if (!endpoint.disabled) {
          await changing(tenant, () =>
            redis.hset(keys.endpoint(id), 'disabled', 'by_hand', 'disabled_at', now()),
          );
        }
        return get(id);
      },

      async enable(id) {
        if (!(await get(id))) return null;
        await changing(tenant, () =>
          redis.hdel(keys.endpoint(id), 'disabled', 'disabled_at', 'failing_since', 'last_failure', 'notice'),
        );
        return get(id);
      },

      rotate: (id, { overlapMs }) =>
        update(id, (endpoint) => {
          const untilMs = now() + overlapMs;
          const before = endpoint.secrets.map((secret) => ({
            ...secret,
            untilMs: secret.untilMs ?? untilMs,
          }));
          const secrets = [{ secret: newSecret(endpoint.signature), untilMs: null }, ...before];
          return { ...endpoint, secrets: secrets.slice(0, overlapMs > 0 ? MAX_SECRETS : 1) };
        }),

      async remove(id) {
        if (!(await get(id))) return false;
        await changing(tenant, async () => {
          await redis.zrem(indexKey, id);
          await redis.del(keys.endpoint(id));
          await lanes.configure(id, null);
        });
        return true;
      },

      async openListener({ events }) {
        const endpoint: EndpointWithSecrets = {
          ...newEndpoint({ tenant, kind: 'listener', nowMs: now() }),
          events,
          secrets: [],
        };
        await insert(endpoint);
        await redis.pexpire(keys.endpoint(endpoint.id), LISTENER_TTL_MS);
        return endpoint;
      },

      async readListener(id) {
        const alive = await redis.pexpire(keys.endpoint(id), LISTENER_TTL_MS);
        if (alive === 0) return false;
        const unread = (await redis.lpop(keys.listener(id), LISTENER_PAGE)) ?? [];
        return unread.map((text) => vault.open(text, listenerPlace(id)));
      },

      async closeListener(id) {
        await changing(tenant, async () => {
          await redis.zrem(indexKey, id);
          await redis.del(keys.endpoint(id));
          await redis.del(keys.listener(id));
        });
      },
    };
  };

  return {
    of,
    read,
    async report(id, outcome, { disableAfterMs }) {
      const answer = await outcomeScript(redis, keys.endpoint(id), [outcome, disableAfterMs]);
      return answer as 'none' | 'disabled';
    },
    hasNotice: async (id) => (await redis.hget(keys.endpoint(id), 'notice')) !== null,
    async clearNotice({ id, tenant }) {
      await raiseVersion(tenant);
      await redis.hdel(keys.endpoint(id), 'notice');
    },
  };
}

function newSecret(signature: WebhookEndpoint['signature']): string {
  return signature === 'v1a' ? newWebhookKeyPair() : newWebhookSecret();
}

function newEndpoint({
  tenant,
  kind,
  nowMs,
}: {
  tenant: string;
  kind: WebhookEndpoint['kind'];
  nowMs: number;
}): WebhookEndpoint {
  return {
    id: `we_${randomBytes(16).toString('hex')}`,
    tenant,
    kind,
    url: '',
    description: '',
    events: [],
    headers: {},
    ratePerSecond: null,
    concurrency: null,
    signature: 'v1',
    thin: false,
    coalesceBatches: false,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    disabled: null,
    failingSinceMs: null,
  };
}
