import type { Vault } from '@sluice/vault';
import {
  createEndpointDirectory,
  createWebhookDeliveries,
  createWebhookEndpoints,
  createWebhookOutbox,
  createWebhookPublisher,
  type EndpointDirectory,
  type TenantDeliveries,
  type WebhookEndpoints,
  type WebhookPublisher,
} from '@sluice/webhooks';
import type { Redis } from 'ioredis';

/** Webhooks as api, worker and dispatcher share them; delivering is the dispatcher's. */
export interface OpenWebhooks {
  endpoints: WebhookEndpoints;
  directory: EndpointDirectory;
  publisher: WebhookPublisher;
  deliveries: (tenant: string) => TenantDeliveries;
}

/** Everything is borrowed. */
export function openWebhooks({
  redis,
  prefix,
  vault,
  publicBaseUrl,
}: {
  redis: Redis;
  prefix: string;
  vault: Vault;
  publicBaseUrl: string;
}): OpenWebhooks {
  const stores = { redis, prefix, vault };
  const directory = createEndpointDirectory(stores);
  const outbox = createWebhookOutbox(stores);
  return {
    endpoints: createWebhookEndpoints(stores),
    directory,
    publisher: createWebhookPublisher({ redis, prefix, directory, outbox, publicBaseUrl, vault }),
    deliveries: createWebhookDeliveries(stores),
  };
}
