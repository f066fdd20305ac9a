import { PLAIN_VAULT, type Vault } from '@sluice/vault';
import { createLanes } from './create-lanes.ts';
import type { Delivery, DeliveryStatus } from './delivery.ts';
import { laneOf } from './lane-of.ts';
import { toListed, type ListedDelivery } from './list-deliveries.ts';
import { readDelivery } from './read-delivery.ts';
import { readRedisScript, type RedisClient } from './redis-script.ts';
import { encodeAttempts } from './stored-attempts.ts';
import { createWebhookKeys } from './webhook-keys.ts';

export interface DeliveryQuery {
  limit: number;
  after?: string | undefined;
  endpoint?: string | undefined;
  job?: string | undefined;
  status?: DeliveryStatus | undefined;
}

/** The event of a delivery that kept none, made again from what it is about; null when that is gone. */
export type RenderAgain = (delivery: Delivery) => Promise<{ body: string; secret: string } | null>;

export type RedeliverOutcome =
  | { status: 'queued'; delivery: ListedDelivery }
  | { status: 'not_found' }
  /** It keeps no body, and what it was about is gone. */
  | { status: 'no_body' };

export interface RecoverReport {
  recovered: number;
  skipped: number;
  /** Where to go on; null when all were seen. */
  next: string | null;
}

/** Deliveries of one tenant: another's are not there. */
export interface TenantDeliveries {
  /** Newest first. Null: `after` names no delivery of the tenant. */
  list(query: DeliveryQuery): Promise<{ deliveries: ListedDelivery[]; hasMore: boolean } | null>;
  get(id: string): Promise<ListedDelivery | null>;
  /** Sends it again, at once; one that waits is only brought forward. */
  redeliver(id: string, renderAgain: RenderAgain): Promise<RedeliverOutcome>;
  /**
   * Queues what failed of an endpoint's events since a time again, oldest first; one call looks at `limit` of them.
   * Null: `after` is not where a call has ended.
   */
  recover(
    endpoint: string,
    options: { sinceMs: number; limit: number; after?: string | undefined; renderAgain: RenderAgain },
  ): Promise<RecoverReport | null>;
}

const CURSOR = /^(\d{1,15})-(whd_[0-9a-f]{32})$/;
const SCAN_PAGE = 200;
/** Bounds a list with a filter that little meets. */
const MAX_SCANNED = 10_000;
/** So many attempts stay on record when one more round begins. */
const MAX_KEPT_ATTEMPTS = 40;

export function createWebhookDeliveries({
  redis,
  prefix,
  vault = PLAIN_VAULT,
}: {
  redis: RedisClient;
  prefix: string;
  vault?: Vault;
}): (tenant: string) => TenantDeliveries {
  const keys = createWebhookKeys(prefix);
  const lanes = createLanes({ redis, keys });
  const redeliverScript = readRedisScript('redeliver');

  return (tenant) => {
    const read = async (id: string, { blind } = { blind: true }): Promise<Delivery | null> => {
      const delivery = await readDelivery({ redis, keys, vault, blind }, id);
      return delivery?.tenant === tenant ? delivery : null;
    };

    const queueAgain = async (delivery: Delivery, renderAgain: RenderAgain): Promise<boolean> => {
      const { id } = delivery;
      const rendered = delivery.body === '' ? await renderAgain(delivery) : null;
      if (delivery.body === '' && !rendered) return false;
      const kept = delivery.attempts.slice(-MAX_KEPT_ATTEMPTS);
      const sealed = (field: 'body' | 'secret', text: string): string =>
        text === '' ? '' : vault.seal(text, `webhook_delivery/${id}/${field}`);
      await redis.zadd(keys.pending, Date.now(), id);
      const outcome = await redeliverScript(redis, keys.delivery(id), [
        delivery.turn,
        encodeAttempts(kept, id, vault),
        kept.length,
        sealed('body', rendered?.body ?? ''),
        sealed('secret', delivery.endpoint ? '' : (rendered?.secret ?? '')),
      ]);
      if (outcome === 'queued') await lanes.add({ lane: laneOf(delivery), id, sooner: true });
      return true;
    };

    /**
     * The rank after a cursor, `<its time>-<its id>`. Many may share a time, so the id counts; when it is gone, those of
     * its time are seen again, which harms nothing: what was queued again is no longer failed.
     */
    const rankAfter = async (key: string, cursor: string): Promise<number | null> => {
      const [, score, id] = CURSOR.exec(cursor) ?? [];
      if (score === undefined || id === undefined) return null;
      const rank = await redis.zrank(key, id);
      return rank === null ? redis.zcount(key, '-inf', `(${score}`) : rank + 1;
    };

    return {
      async list({ limit, after, endpoint, job, status }) {
        const key = job ? keys.ofJob(job) : endpoint ? keys.toEndpoint(endpoint) : keys.ofTenant(tenant);
        let start = 0;
        if (after !== undefined) {
          const rank = await redis.zrevrank(key, after);
          if (rank === null || !(await read(after))) return null;
          start = rank + 1;
        }
        const found: ListedDelivery[] = [];
        for (let seen = 0; seen < MAX_SCANNED && found.length <= limit; seen += SCAN_PAGE) {
          const ids = await redis.zrevrange(key, start + seen, start + seen + SCAN_PAGE - 1);
          const page = await Promise.all(ids.map((id) => read(id)));
          for (const delivery of page) {
            if (!delivery) continue;
            if (status && delivery.status !== status) continue;
            if (endpoint && delivery.endpoint !== endpoint) continue;
            found.push(toListed(delivery));
          }
          if (ids.length < SCAN_PAGE) break;
        }
        return { deliveries: found.slice(0, limit), hasMore: found.length > limit };
      },

      async get(id) {
        const delivery = await read(id);
        return delivery && toListed(delivery);
      },

      async redeliver(id, renderAgain) {
        const delivery = await read(id, { blind: false });
        if (!delivery) return { status: 'not_found' };
        if (!(await queueAgain(delivery, renderAgain))) return { status: 'no_body' };
        const now = await read(id);
        return now ? { status: 'queued', delivery: toListed(now) } : { status: 'not_found' };
      },

      async recover(endpoint, { sinceMs, limit, after, renderAgain }) {
        const key = keys.toEndpoint(endpoint);
        const start =
          after === undefined ? await redis.zcount(key, '-inf', `(${sinceMs}`) : await rankAfter(key, after);
        if (start === null) return null;
        // One more than is done tells whether there is more.
        const flat = await redis.zrange(key, String(start), String(start + limit), 'WITHSCORES');
        const page = flat.slice(0, 2 * limit);
        const report: RecoverReport = { recovered: 0, skipped: 0, next: null };
        for (let i = 0; i < page.length; i += 2) {
          const delivery = await read(page[i] ?? '', { blind: false });
          if (delivery?.status !== 'failed') continue;
          if (await queueAgain(delivery, renderAgain)) report.recovered += 1;
          else report.skipped += 1;
        }
        if (flat.length > page.length) report.next = `${page.at(-1)}-${page.at(-2)}`;
        return report;
      },
    };
  };
}
