import type { Config } from '@sluice/contracts';
import { createLiveEgressClient } from '@sluice/egress';
import { openFileStore } from '@sluice/files';
import {
  connectRedis,
  createErrorLog,
  createMetrics,
  egressPolicy,
  openBroker,
  startHealthServer,
  type Environment,
  type Logger,
  type Metrics,
} from '@sluice/runtime';
import { createFileVault } from '@sluice/vault';
import { readStatusPages } from './read-status-pages.ts';
import { removeExpiredFiles } from './remove-expired-files.ts';
import { deliverySettings, startDeliveries } from './start-deliveries.ts';
import { startRounds } from './start-rounds.ts';
import { trimJobIndexes } from './trim-job-indexes.ts';

export interface StartDispatcherOptions {
  config: Config;
  environment: Environment;
  logger: Logger;
  metrics?: Metrics;
  /** A job that nobody has looked at for this long is checked. @defaultValue 30,000 */
  sweepAfterMs?: number;
  /** How often expired files are removed. @defaultValue 60,000 */
  fileRoundMs?: number;
}

export interface StartedDispatcher {
  /** Holds from the next delivery and the next round on; `storage` is read at start. */
  reconfigure(config: Config): void;
  close(): Promise<void>;
}

/** Jobs of each shard of the open set that one sweep looks at. */
const SWEEP_LIMIT = 200;

/**
 * Starts a dispatcher: delivers webhooks, sweeps what lost processes left behind, ends queued jobs at their deadline.
 * Any number may run. @throws RedisNotReadyError when Redis does not answer.
 */
export async function startDispatcher(options: StartDispatcherOptions): Promise<StartedDispatcher> {
  const { environment, logger } = options;
  let { config } = options;
  const metrics = options.metrics ?? createMetrics();
  const open = await openBroker({ config, environment, logger, metrics });
  const { broker, redis } = open;
  const onError = createErrorLog({ logger, message: 'dispatcher error' });
  const connection = connectRedis({
    environment,
    role: 'worker',
    onError: () => metrics.redisError({ role: 'worker' }),
  });
  const egress = createLiveEgressClient(() => ({ ...egressPolicy(config), proxy: config.webhooks.proxy }));
  const deliverer = startDeliveries({
    config: () => config,
    environment,
    logger,
    metrics,
    open,
    connection,
    egress,
    onError,
  });

  const files = await openFileStore(config.storage, createFileVault(environment.encryptionKeys));
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
      { name: 'trim', everyMs: 60_000, run: () => trimJobIndexes({ redis, keys: broker.keys }) },
      {
        name: 'status-pages',
        everyMs: () => config.breaker.status_interval,
        run: () => readStatusPages({ config, egress, health: broker.health, logger }),
      },
      {
        name: 'files',
        everyMs: options.fileRoundMs ?? 60_000,
        run: () => removeExpiredFiles({ fileIndex: broker.files, files }),
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
    await files.close();
    connection.disconnect();
    await open.close();
  };
  return {
    reconfigure(next) {
      config = next;
      broker.budgets.configure(next.budgets);
      deliverer.reconfigure(deliverySettings(next));
    },
    close: () => (closing ??= close()),
  };
}
