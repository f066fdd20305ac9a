import { styleText } from 'node:util';
import { type Environment, loadConfig } from '@sluice/runtime';
import { Command } from 'commander';
import { addClientOptions, type ClientOptions } from './add-client-options.ts';
import { CliError } from './cli-error.ts';
import { clientFromOptions } from './client-from-options.ts';
import type { CommandContext } from './command-context.ts';
import type { DoctorFinding } from './doctor-finding.ts';
import { examineApi } from './examine-api.ts';
import { examineProviders } from './examine-providers.ts';
import { examineRedis } from './examine-redis.ts';
import { printResult } from './print-result.ts';
import { readDevFile } from './read-dev-file.ts';

const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

export function doctorCommand(context: CommandContext): Command {
  const command = new Command('doctor').description(
    'check Redis, keys, clocks and the API; exit code 1 on a failure',
  );
  return addClientOptions(command).action(async (options: ClientOptions) => {
    const findings = await examine(context, options);
    const paint = (level: DoctorFinding['level']): string =>
      context.stdout.isTTY ? styleText(COLOURS[level], level.padEnd(4)) : level.padEnd(4);
    const lines = findings.map(
      ({ level, check, message }) => `${paint(level)}  ${check.padEnd(20)} ${message}\n`,
    );
    printResult(context, options.json, { findings }, lines.join(''));
    const failures = findings.filter(({ level }) => level === 'fail').length;
    if (failures > 0) throw new CliError(`${failures} of ${findings.length} checks failed.`);
  });
}

async function examine(context: CommandContext, options: ClientOptions): Promise<DoctorFinding[]> {
  const config = loadConfig();
  return [
    { level: 'ok', check: 'node', message: process.version },
    { level: 'ok', check: 'configuration', message: `${Object.keys(config.routes).length} route(s)` },
    ...examineProviders(config),
    ...(await examineRedis(withDevRedis(context), config.durability)),
    ...(await apiFindings(context, options)),
  ];
}

/** The Redis of the environment, else the one that `sluice dev` runs. */
function withDevRedis({ environment, folder }: CommandContext): Environment {
  const dev = readDevFile(folder);
  return environment.redisConfigured || !dev ? environment : { ...environment, redisUrl: dev.redis_url };
}

async function apiFindings(context: CommandContext, options: ClientOptions): Promise<DoctorFinding[]> {
  try {
    return await examineApi(clientFromOptions(context, options));
  } catch (error) {
    return [{ level: 'fail', check: 'api', message: (error as Error).message }];
  }
}
