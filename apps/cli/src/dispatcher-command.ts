import { createLogger, loadConfig } from '@sluice/runtime';
import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { runUntilSignal } from './run-until-signal.ts';

export function dispatcherCommand({ environment }: CommandContext): Command {
  return new Command('dispatcher')
    .description('run one dispatcher process: webhooks, sweeper (REDIS_URL, HEALTH_PORT)')
    .action(async () => {
      const logger = createLogger({ name: 'dispatcher', level: environment.logLevel });
      await runUntilSignal(logger, async () => {
        const { startDispatcher } = await import('@sluice/dispatcher');
        const dispatcher = await startDispatcher({ config: loadConfig(), environment, logger });
        return { close: () => dispatcher.close(), reload: (next) => dispatcher.reconfigure(next) };
      });
    });
}
