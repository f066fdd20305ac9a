import type { Config } from '@sluice/contracts';
import { createEgressClient } from '@sluice/egress';
import {
  connectRedis,
  createMetrics,
  openBroker,
  startHealthServer,
  type Environment,
  type Logger,
  type Metrics,
} from '@sluice/runtime';
import { createWebhookDeliverer } from '@sluice/webhooks';
import { startRounds } from './start-rounds.ts';

export interface StartDispatcherOptions {
  config: Config;
  environment: Environment;
  logger: Logger;
  metrics?: Metrics;
  /** A job that nobody has looked at for this long is checked. @defaultValue 30,000 */
  sweepAfterMs?: number;
}

export interface StartedDispatcher {
  close(): Promise<void>;
}

/** Jobs of each shard of the open set that one sweep looks at. */
const SWEEP_LIMIT = 200;

/**
 * Starts a dispatcher: delivers webhooks, sweeps what lost processes left behind, ends queued jobs at their deadline.
 * Any number may run. @throws RedisNotReadyError when Redis does not answer.
 */
export async function startDispatcher(options: StartDispatcherOptions): Promise<StartedDispatcher> {
  const { config, environment, logger } = options;
  const metrics = options.metrics ?? createMetrics();
  const open = await openBroker({ config, environment, logger, metrics });
  const { broker, redis } = open;
  const onError = (error: unknown): void =>
    logger.warn({ reason: error instanceof Error ? error.message : String(error) }, 'dispatcher error');
  const connection = connectRedis({
    environment,
    role: 'worker',
    onError: () => metrics.redisError({ role: 'worker' }),
  });
  const { allow_private_network: allowPrivateNetwork, allow_cidrs: allowCidrs } = config.webhooks;
  const egress = createEgressClient({ allowPrivateNetwork, allowCidrs });
  const deliverer = createWebhookDeliverer({
    redis,
    connection,
    prefix: environment.redisPrefix,
    egress,
    retryScheduleMs: config.webhooks.retry_schedule,
    timeoutMs: config.webhooks.timeout,
    onDelivered: (delivery) => {
      metrics.webhookDelivery({ outcome: 'delivered' });
      return eraseIfWanted(delivery);
    },
    onFailed: (delivery) => {
      metrics.webhookDelivery({ outcome: 'failed' });
      logger.warn({ eventId: delivery.eventId, jobId: delivery.jobId }, 'webhook given up');
    },
    onError,
  });

  async function eraseIfWanted({
    jobId,
    tenant,
    type,
  }: {
    jobId: string;
    tenant: string;
    type: string;
  }): Promise<void> {
    const job = await broker.jobs.get(jobId, tenant);
    if (job?.options.deleteAfterDelivery && type === `job.${job.status}`)
      await broker.jobs.erase(jobId, tenant);
  }

  const sweepAfterMs = options.sweepAfterMs ?? 30_000;
  const rounds = startRounds({
    onError,
    rounds: [
      { name: 'expire', everyMs: 1_000, run: () => broker.sweeper.expireOverdue() },
      {
        name: 'sweep',
        everyMs: Math.min(5_000, sweepAfterMs),
        async run() {
          const counts = await broker.sweeper.sweep({ olderThanMs: sweepAfterMs, limit: SWEEP_LIMIT });
          for (const reason of ['queued', 'recovered', 'expired'] as const) {
            for (let i = 0; i < counts[reason]; i += 1) metrics.jobRepaired({ reason });
          }
        },
      },
      { name: 'repair-webhooks', everyMs: 10_000, run: () => deliverer.repairDeliveries() },
    ],
  });
  const health =
    environment.healthPort === null
      ? null
      : await startHealthServer({
          port: environment.healthPort,
          host: environment.host,
          livez: () => rounds.stuck(),
          readyz: async () => ((await redis.ping()) ? rounds.stuck() : 'Redis does not answer'),
          metrics,
        });
  logger.info('dispatcher started');

  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await health?.close();
    await rounds.close();
    await deliverer.close();
    await egress.close();
    connection.disconnect();
    await open.close();
  };
  return { close: () => (closing ??= close()) };
}
