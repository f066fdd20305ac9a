import { DEFAULT_WEBHOOK_EVENT_TYPES } from '@sluice/contracts';
import { PLAIN_VAULT, type Vault } from '@sluice/vault';
import type { EndpointDirectory } from './create-endpoint-directory.ts';
import type { WebhookOutbox } from './create-webhook-outbox.ts';
import type { NewDelivery } from './delivery.ts';
import { listenerPlace } from './listener-place.ts';
import type { RedisClient } from './redis-script.ts';
import { renderWebhookEvent, type WebhookSubject } from './render-webhook-event.ts';
import type { WebhookEndpoint } from './webhook-endpoint.ts';
import { createWebhookKeys } from './webhook-keys.ts';

export interface PublishedEvent {
  tenant: string;
  /** Such as `job.completed`. */
  type: string;
  /** Of {@link webhookEventId}, or drawn at random for an event that nothing repeats. */
  eventId: string;
  /** `data` of the event. */
  subject: WebhookSubject;
  /** When it happened, in ms since 1970. */
  atMs: number;
  /** Where the job or batch itself wants it, besides the tenant's endpoints. */
  direct?: { url?: string; secret?: string; endpoint?: string } | null;
  /** The caller of the job wants ids only. */
  thin?: boolean;
  /** The batch that the job is a line of. */
  batchId?: string | null;
  /** Only this endpoint, whatever it subscribes to and also when it is disabled. */
  only?: WebhookEndpoint;
  /** Not this endpoint. */
  except?: string;
}

export interface WebhookPublisher {
  /**
   * Queues an event for everybody who wants it; answers the ids of the deliveries. Idempotent by event and receiver:
   * to be called again until it has resolved.
   */
  publish(event: PublishedEvent): Promise<readonly string[]>;
  /** Whether any endpoint of the tenant wants events of this type. */
  isWanted(tenant: string, type: string): Promise<boolean>;
  /** Events, other than ends, that endpoints of the tenant ask for, as far as is known; never waits. */
  progressEvents(tenant: string): readonly string[];
}

const MAX_UNREAD = 1_000;
const UNREAD_TTL_MS = 120_000;

/** Where events become deliveries. Everything is borrowed. */
export function createWebhookPublisher({
  redis,
  prefix,
  directory,
  outbox,
  publicBaseUrl,
  vault = PLAIN_VAULT,
}: {
  redis: RedisClient;
  prefix: string;
  directory: EndpointDirectory;
  outbox: WebhookOutbox;
  publicBaseUrl: string;
  /** Seals what waits for listeners. @defaultValue as it is */
  vault?: Vault;
}): WebhookPublisher {
  const keys = createWebhookKeys(prefix);

  async function handToListener(id: string, eventId: string, body: string): Promise<void> {
    const text = vault.seal(JSON.stringify({ id: eventId, body }), listenerPlace(id));
    const key = keys.listener(id);
    await redis
      .pipeline()
      .rpush(key, text)
      .ltrim(key, -MAX_UNREAD, -1)
      .pexpire(key, UNREAD_TTL_MS)
      .publish(key, eventId)
      .exec();
  }

  return {
    async publish(event) {
      const { tenant, type, eventId, subject, atMs, direct = null } = event;
      const bodies = new Map<boolean, string>();
      const bodyFor = (thin: boolean): string => {
        const known = bodies.get(thin);
        if (known !== undefined) return known;
        const body = renderWebhookEvent({ type, subject, eventId, atMs, publicBaseUrl, thin });
        bodies.set(thin, body);
        return body;
      };
      const jobId = subject.object === 'webhook_endpoint' ? '' : subject.id;
      const thin = event.thin ?? false;
      const about = { eventId, jobId, tenant, type };
      const ids: string[] = [];
      const enqueue = async (delivery: NewDelivery): Promise<void> => {
        ids.push((await outbox.enqueue(delivery)).id);
      };
      if (direct?.url) {
        await enqueue({ ...about, url: direct.url, secret: direct.secret ?? '', body: bodyFor(thin) });
      }
      if (event.only) {
        const { id: endpoint, url } = event.only;
        await enqueue({ ...about, url, endpoint, secret: '', body: bodyFor(false) });
        return ids;
      }
      const named = direct?.endpoint ?? null;
      for (const endpoint of await directory.of(tenant)) {
        if (endpoint.id !== named && !wants(endpoint, event)) continue;
        const body = bodyFor(thin || endpoint.thin);
        const delivery = { ...about, url: endpoint.url, endpoint: endpoint.id, secret: '', body };
        if (endpoint.kind === 'listener') await handToListener(endpoint.id, eventId, body);
        else if (endpoint.disabled) await outbox.recordUndelivered(delivery, DISABLED);
        else await enqueue(delivery);
      }
      return ids;
    },
    isWanted: async (tenant, type) =>
      (await directory.of(tenant)).some((endpoint) => endpoint.events.includes(type)),
    progressEvents: (tenant) => [
      ...new Set(directory.peek(tenant).flatMap(({ events }) => events.filter(isProgress))),
    ],
  };
}

const ENDS = new Set<string>(DEFAULT_WEBHOOK_EVENT_TYPES);

function isProgress(type: string): boolean {
  return type.startsWith('job.') && !ENDS.has(type);
}

/** Why a delivery to an endpoint that is disabled has failed. */
export const DISABLED = 'endpoint_disabled: The endpoint is disabled.';

function wants(endpoint: WebhookEndpoint, { type, batchId, except }: PublishedEvent): boolean {
  if (endpoint.id === except || !endpoint.events.includes(type)) return false;
  return !(endpoint.coalesceBatches && batchId && type.startsWith('job.'));
}
