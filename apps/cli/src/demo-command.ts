import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createLogger } from '@sluice/runtime';
import { Command } from 'commander';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './command-context.ts';
import { demoConfig } from './demo-config.ts';
import { demoReport } from './demo-report.ts';
import { printResult } from './print-result.ts';
import { runDemo } from './run-demo.ts';
import { withPort } from './with-port.ts';

export function demoCommand(context: CommandContext): Command {
  return new Command('demo')
    .description('run 40 prompts through a broker of its own whose first provider fails; costs nothing')
    .option('--json', 'print the jobs and the checks as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      mkdirSync(context.folder, { recursive: true });
      const folder = mkdtempSync(join(resolve(context.folder), 'demo-'));
      try {
        await demo(context, folder, json);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
}

async function demo(context: CommandContext, folder: string, json: boolean | undefined): Promise<void> {
  context.stderr.write('Starting Redis, api, worker, dispatcher and three simulated providers\n');
  const { startLocalBroker } = await import('./start-local-broker.ts');
  const broker = await startLocalBroker({
    config: demoConfig(),
    // Free ports and a Redis prefix of its own: a broker that runs on this machine is not touched.
    environment: {
      ...(await withPort(context.environment, 0)),
      redisPrefix: `demo-${process.pid}`,
      adminKey: null,
    },
    folder,
    logger: createLogger({ name: 'demo', level: 'error' }),
  });
  try {
    await broker.simulator?.control.setFaults([
      { account: 'openai', kind: 'unavailable', probability: 0.5 },
      { account: 'openai', kind: 'rate_limited', probability: 0.25 },
    ]);
    context.stderr.write('openai answers 503 to half of its calls and 429 to a quarter\n');
    const outcome = await runDemo(context, broker);
    const { passed, text } = demoReport(outcome);
    const { webhooksVerified } = outcome;
    const jobs = outcome.jobs.map(({ job }) => job);
    printResult(context, json, { passed, webhooks_verified: webhooksVerified, jobs }, text);
    if (!passed) throw new CliError('The demo is incomplete: see the table.');
  } finally {
    await broker.close();
  }
}
