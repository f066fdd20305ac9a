import type { Config } from '@sluice/contracts';
import type { Logger } from './create-logger.ts';
import { loadConfig, type LoadConfigOptions } from './load-config.ts';

/**
 * Loads the configuration again on SIGHUP. A file that is wrong changes nothing and is logged.
 * The returned `close` stops listening; calling it twice is harmless.
 */
export function watchConfig({
  logger,
  onConfig,
  ...source
}: LoadConfigOptions & { logger: Logger; onConfig: (config: Config) => void }): { close(): void } {
  const reload = (): void => {
    try {
      onConfig(loadConfig(source));
      logger.info('configuration reloaded');
    } catch (error) {
      logger.error(
        { reason: (error as Error).message },
        'configuration not reloaded, the old one stays in force',
      );
    }
  };
  process.on('SIGHUP', reload);
  return { close: () => void process.off('SIGHUP', reload) };
}
