import type { Config } from '@sluice/contracts';
import type { EgressClient } from '@sluice/egress';
import type { Environment, Logger, Metrics, OpenBroker } from '@sluice/runtime';
import { createVault } from '@sluice/vault';
import {
  createWebhookDeliverer,
  listDeliveries,
  showEndpoint,
  webhookEventId,
  type DeliverySettings,
  type WebhookDeliverer,
  type WebhookEndpoint,
} from '@sluice/webhooks';
import type { Redis } from 'ioredis';
import { eraseAfterDelivery } from './erase-after-delivery.ts';

/** Delivers webhooks, and tells logs, metrics and tenants what comes of them. Everything is borrowed. */
export function startDeliveries({
  config,
  environment,
  logger,
  metrics,
  open: { broker, redis, webhooks },
  connection,
  egress,
  onError,
}: {
  /** The configuration in force. */
  config: () => Config;
  environment: Environment;
  logger: Logger;
  metrics: Metrics;
  open: OpenBroker;
  connection: Redis;
  egress: EgressClient;
  onError: (error: unknown) => void;
}): WebhookDeliverer {
  const { redisPrefix: prefix } = environment;
  const vault = createVault(environment.encryptionKeys);

  /** Its own event goes to the tenant's other endpoints. */
  const tellOthers = async (endpoint: WebhookEndpoint): Promise<void> => {
    const atMs = endpoint.disabled?.atMs ?? Date.now();
    const subject = showEndpoint(
      { ...endpoint, secrets: [] },
      { usualConcurrency: config().webhooks.concurrency },
    );
    await webhooks.publisher.publish({
      tenant: endpoint.tenant,
      type: 'webhook_endpoint.disabled',
      eventId: webhookEventId(endpoint.id, atMs),
      subject,
      atMs,
      except: endpoint.id,
    });
  };

  return createWebhookDeliverer({
    redis,
    connection,
    prefix,
    egress,
    vault,
    ...deliverySettings(config()),
    onAttempt: (_delivery, { error, duration_ms: durationMs }) =>
      metrics.webhookAttempt({ outcome: error === null ? 'delivered' : 'failed', durationMs }),
    onDelivered(delivery) {
      metrics.webhookDelivery({ outcome: 'delivered' });
      if (delivery.jobId === '') return;
      const list = () => listDeliveries({ redis, prefix, jobId: delivery.jobId, vault });
      return eraseAfterDelivery({ ...broker, listDeliveries: list }, delivery);
    },
    onFailed({ id, eventId, jobId, endpoint }) {
      metrics.webhookDelivery({ outcome: 'failed' });
      logger.warn({ delivery: id, eventId, jobId, endpoint }, 'webhook given up');
    },
    async onEndpointDisabled(endpoint) {
      await tellOthers(endpoint);
      const reason = endpoint.disabled?.reason ?? 'failing';
      metrics.webhookEndpointDisabled({ reason });
      logger.warn({ endpoint: endpoint.id, tenant: endpoint.tenant, reason }, 'webhook endpoint disabled');
    },
    onLaneRests(lane, restMs) {
      metrics.webhookRest();
      logger.info({ lane, restMs }, 'a receiver of webhooks is left alone after failures in a row');
    },
    onError,
  });
}

/** What of the configuration the deliverer goes by. */
export function deliverySettings({ webhooks }: Pick<Config, 'webhooks'>): DeliverySettings {
  const { circuit } = webhooks;
  return {
    retryScheduleMs: webhooks.retry_schedule,
    timeoutMs: webhooks.timeout,
    laneConcurrency: webhooks.concurrency,
    disableAfterMs: webhooks.disable_after,
    circuit: { failures: circuit.failures, pauseMs: circuit.pause, maxPauseMs: circuit.max_pause },
  };
}
