import { configSchema } from '@sluice/contracts';
import { startDispatcher } from '@sluice/dispatcher';
import { createLogger, loadEnvironment } from '@sluice/runtime';
import { startWorker } from '@sluice/worker';

/** Intervals of the real processes, scaled down. */
export const CRASH_INTERVALS = { lockMs: 2_000, stalledCheckMs: 500, sweepAfterMs: 300 };

/** A worker and a dispatcher that do not crash; what ends each is put on `closers`. */
export async function startHealthy(
  { redisUrl, prefix, config }: { redisUrl: string; prefix: string; config: unknown },
  closers: (() => Promise<unknown>)[],
): Promise<void> {
  const environment = loadEnvironment({ REDIS_URL: redisUrl, REDIS_PREFIX: prefix, LOG_LEVEL: 'silent' });
  const logger = createLogger({ name: 'healthy', level: environment.logLevel });
  const options = { config: configSchema.parse(config), environment, logger, ...CRASH_INTERVALS };
  const worker = await startWorker(options);
  closers.push(() => worker.close());
  const dispatcher = await startDispatcher(options);
  closers.push(() => dispatcher.close());
}
