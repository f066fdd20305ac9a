import type { NewJob } from '@sluice/broker';
import { configSchema } from '@sluice/contracts';
import { startDispatcher } from '@sluice/dispatcher';
import { createLogger, createMetrics, loadEnvironment, openBroker } from '@sluice/runtime';
import { startWorker } from '@sluice/worker';
import { armCrash, type CrashPoint } from './crash-point.ts';

/** What a process that is to crash is told when it is forked, as JSON in its first argument. */
export interface CrashTask {
  role: 'submit' | 'worker' | 'dispatcher';
  /** Null: the parent kills it. */
  point: CrashPoint | null;
  redisUrl: string;
  prefix: string;
  /** As in `sluice.yaml`. */
  config: object;
  /** What `submit` submits. */
  job: NewJob;
  lockMs: number;
  stalledCheckMs: number;
  sweepAfterMs: number;
}

const task = JSON.parse(process.argv[2] ?? '') as CrashTask;
const environment = loadEnvironment({ REDIS_URL: task.redisUrl, REDIS_PREFIX: task.prefix });
const config = configSchema.parse(task.config);
const logger = createLogger({ name: task.role, level: 'warn' });
if (task.point) armCrash(task.point);

switch (task.role) {
  case 'submit': {
    const { broker } = await openBroker({ config, environment, logger, metrics: createMetrics() });
    await broker.jobs.submit(task.job);
    break;
  }
  case 'worker':
    await startWorker({
      config,
      environment,
      logger,
      lockMs: task.lockMs,
      stalledCheckMs: task.stalledCheckMs,
    });
    break;
  case 'dispatcher':
    await startDispatcher({ config, environment, logger, sweepAfterMs: task.sweepAfterMs });
    break;
}
