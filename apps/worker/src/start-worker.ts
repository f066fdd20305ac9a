import type { Config, Tier } from '@sluice/contracts';
import {
  createMetrics,
  openBroker,
  startHealthServer,
  type Environment,
  type Logger,
  type Metrics,
} from '@sluice/runtime';
import { buildWorker } from './build-worker.ts';
import { describeStall } from './describe-stall.ts';

export interface StartWorkerOptions {
  config: Config;
  environment: Environment;
  logger: Logger;
  metrics?: Metrics;
  providers?: readonly string[];
  tiers?: readonly Tier[];
  capacity?: number;
  graceMs?: number;
  /** How long a ticket stays this process's without renewal. @defaultValue 10,000 */
  lockMs?: number;
  /** How often tickets of lost processes are looked for; the same in every process. @defaultValue 5,000 */
  stalledCheckMs?: number;
}

export interface StartedWorker {
  reconfigure(config: Config): void;
  close(): Promise<void>;
}

/**
 * Starts a worker: connections, queues, and the health server when `HEALTH_PORT` is set.
 * @throws RedisNotReadyError when Redis does not answer.
 */
export async function startWorker(options: StartWorkerOptions): Promise<StartedWorker> {
  const { config, environment, logger } = options;
  const metrics = options.metrics ?? createMetrics();
  const open = await openBroker({ config, environment, logger, metrics });
  const worker = await buildWorker({ ...options, metrics, open }).catch(async (error: unknown) => {
    await open.close();
    throw error;
  });
  const health =
    environment.healthPort === null
      ? null
      : await startHealthServer({
          port: environment.healthPort,
          host: environment.host,
          livez: () => null,
          readyz: () => describeStall({ drains: worker.drains, backlog: open.broker.backlog }),
          metrics,
        });
  logger.info({ providers: Array.from(worker.drains.keys()) }, 'worker started');
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await health?.close();
    await worker.close();
    await open.close();
  };
  return { reconfigure: worker.reconfigure, close: () => (closing ??= close()) };
}
