import { createLogger, loadConfig } from '@sluice/runtime';
import { Command } from 'commander';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './command-context.ts';
import { devBanner } from './dev-banner.ts';
import { parseWholeNumber } from './parse-whole-number.ts';
import { readDevFile } from './read-dev-file.ts';
import { runUntilSignal } from './run-until-signal.ts';
import { withPort } from './with-port.ts';
import { writeDevFile } from './write-dev-file.ts';

interface Options {
  port?: number;
  folder: string;
  json?: boolean;
}

export function devCommand(context: CommandContext): Command {
  return new Command('dev')
    .description('run the whole broker on this machine: Redis, api, worker, dispatcher, simulated providers')
    .option(
      '--port <number>',
      'port of the API, 0 for a free one (default: PORT, else 8420)',
      parseWholeNumber,
    )
    .option('--folder <path>', 'where state is kept', context.folder)
    .option('--json', 'print address and key as one JSON line instead of the text')
    .action(async (options: Options) => {
      const environment = await withPort(context.environment, options.port ?? context.environment.port);
      // A person reads this terminal: the default level is quieter than that of a single process.
      const level = environment.logLevel === 'info' ? 'warn' : environment.logLevel;
      const logger = createLogger({ name: 'dev', level });
      const earlier = readDevFile(options.folder);
      try {
        await runUntilSignal(logger, async () => {
          const { startLocalBroker } = await import('./start-local-broker.ts');
          const broker = await startLocalBroker({
            config: loadConfig(),
            environment,
            folder: options.folder,
            ...(earlier ? { adminKey: earlier.key } : {}),
            logger,
          });
          const { url, adminKey: key, redisUrl } = broker;
          writeDevFile(options.folder, { url, key, redis_url: redisUrl });
          context.stdout.write(options.json ? `${JSON.stringify({ url, key })}\n` : devBanner(broker));
          return broker;
        });
      } catch (error) {
        throw portTaken(error) ? new CliError(portTakenMessage(environment.port)) : error;
      }
    });
}

function portTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

function portTakenMessage(port: number): string {
  return `Port ${port} is taken: stop the program that uses it, or choose another with --port (0: any free one).`;
}
