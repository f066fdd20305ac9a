import { createLogger } from '@sluice/runtime';
import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { parseWholeNumber } from './parse-whole-number.ts';
import { printResult } from './print-result.ts';
import { runUntilSignal } from './run-until-signal.ts';

export function simulatorCommand(context: CommandContext): Command {
  return new Command('simulator')
    .description('run the provider simulator: OpenAI, Anthropic and Gemini over HTTP')
    .option('--port <number>', 'port, 0 for a free one', parseWholeNumber, 8421)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--json', 'print the addresses as JSON')
    .action(async ({ port, host, json }: { port: number; host: string; json?: boolean }) => {
      const logger = createLogger({ name: 'simulator', level: context.environment.logLevel });
      await runUntilSignal(logger, async () => {
        const { startSimulator } = await import('@sluice/simulator');
        const simulator = await startSimulator({ port, host });
        const { url } = simulator;
        const baseUrls = {
          openai: `${url}/openai/v1`,
          anthropic: `${url}/anthropic`,
          google: `${url}/google`,
        };
        const lines = Object.entries(baseUrls).map(
          ([name, baseUrl]) => `${name.padEnd(10)} base_url ${baseUrl}\n`,
        );
        printResult(context, json, { url, base_urls: baseUrls }, lines.join(''));
        return simulator;
      });
    });
}
