import { startApi } from '@sluice/api';
import { configSchema } from '@sluice/contracts';
import { createLogger, loadEnvironment } from '@sluice/runtime';

/** What an API process that is to be killed is told when it is forked, as JSON in its first argument. */
export interface BatchApiTask {
  redisUrl: string;
  prefix: string;
  key: string;
  /** As in `sluice.yaml`. */
  config: object;
  leaseMs: number;
}

const task = JSON.parse(process.argv[2] ?? '') as BatchApiTask;
const api = await startApi({
  config: configSchema.parse(task.config),
  environment: loadEnvironment({
    REDIS_URL: task.redisUrl,
    REDIS_PREFIX: task.prefix,
    SLUICE_ADMIN_KEY: task.key,
    PORT: '0',
  }),
  logger: createLogger({ name: 'api', level: 'warn' }),
  batchLeaseMs: task.leaseMs,
});
process.send?.({ url: api.url });
