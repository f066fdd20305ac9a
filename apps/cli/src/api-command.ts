import { createLogger, loadConfig } from '@sluice/runtime';
import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { runUntilSignal } from './run-until-signal.ts';

export function apiCommand({ environment }: CommandContext): Command {
  return new Command('api').description('run one API process (REDIS_URL, PORT, HOST)').action(async () => {
    const logger = createLogger({ name: 'api', level: environment.logLevel });
    await runUntilSignal(logger, async () => {
      const { startApi } = await import('@sluice/api');
      const api = await startApi({ config: loadConfig(), environment, logger });
      return { close: () => api.close(), reload: (config) => api.setConfig(config) };
    });
  });
}
