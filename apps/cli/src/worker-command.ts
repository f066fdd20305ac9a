import { createLogger, loadConfig } from '@sluice/runtime';
import { TIERS, type Tier, tierSchema } from '@sluice/contracts';
import { Command } from 'commander';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './command-context.ts';
import { parseList } from './parse-list.ts';
import { runUntilSignal } from './run-until-signal.ts';

export function workerCommand({ environment }: CommandContext): Command {
  return new Command('worker')
    .description('run one worker process (REDIS_URL, HEALTH_PORT)')
    .option('--providers <names>', 'providers whose queues it drains (default: all)', parseList)
    .option('--tiers <names>', 'tiers that it drains (default: all)', parseList)
    .action(async (options: { providers?: string[]; tiers?: string[] }) => {
      const logger = createLogger({ name: 'worker', level: environment.logLevel });
      const config = loadConfig();
      const unknown = options.providers?.find((name) => !(name in config.providers));
      if (unknown !== undefined) {
        const known = Object.keys(config.providers).join(', ');
        throw new CliError(`Provider "${unknown}" is not configured (there are: ${known}).`, 2);
      }
      await runUntilSignal(logger, async () => {
        const { startWorker } = await import('@sluice/worker');
        const worker = await startWorker({
          config,
          environment,
          logger,
          ...(options.providers ? { providers: options.providers } : {}),
          ...(options.tiers ? { tiers: options.tiers.map(parseTier) } : {}),
        });
        return { close: () => worker.close(), reload: (next) => worker.reconfigure(next) };
      });
    });
}

function parseTier(name: string): Tier {
  const parsed = tierSchema.safeParse(name);
  if (!parsed.success)
    throw new CliError(`Tier "${name}" does not exist (there are: ${TIERS.join(', ')}).`, 2);
  return parsed.data;
}
