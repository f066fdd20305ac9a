import { emitKeypressEvents } from 'node:readline';
import { Command } from 'commander';
import { addClientOptions, type ClientOptions } from './add-client-options.ts';
import { clientFromOptions } from './client-from-options.ts';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './command-context.ts';
import { forwardWebhook, type Forwarded } from './forward-webhook.ts';
import { parseList } from './parse-list.ts';
import { readWebhookEvents, type WebhookMessage } from './read-webhook-events.ts';

/** Forwards the tenant's events to a local server over a connection of our own: nothing has to reach this machine. */
export function listenCommand(context: CommandContext): Command {
  const command = new Command('listen')
    .description('forward webhooks of your jobs to a local server; r sends the last event again, q ends')
    .requiredOption('--forward-to <url>', 'where to post them, for example http://localhost:3000/hooks')
    .option('--events <list>', 'types, by commas; default: all', parseList, []);
  return addClientOptions(command).action(
    async (options: ClientOptions & { forwardTo: string; events: string[] }) => {
      const url = parseUrl(options.forwardTo);
      const client = clientFromOptions(context, options);
      const { secret } = (await client.json('/v1/webhook_secret')) as { secret: string };
      const stop = new AbortController();
      const end = (): void => stop.abort();
      process.once('SIGINT', end);
      process.once('SIGTERM', end);
      let last: WebhookMessage | null = null;
      const forward = async (message: WebhookMessage): Promise<void> => {
        const done = await forwardWebhook(message, { url, secret });
        context.stdout.write(options.json ? `${JSON.stringify(done)}\n` : describe(done));
      };
      const stopKeys = onKeys({ r: () => void (last && forward(last)), q: end });
      if (options.json) context.stdout.write(`${JSON.stringify({ listening: true, secret, url })}\n`);
      try {
        const messages = readWebhookEvents({
          client,
          events: options.events,
          signal: stop.signal,
          onOpen: () => context.stderr.write(`Ready. Your signing secret is ${secret} (^C to quit)\n`),
          onGap: (reason) => context.stderr.write(`Connection lost (${reason}); connecting again …\n`),
        });
        for await (const message of messages) {
          last = message;
          context.stderr.write(`-->  ${message.type} ${message.id}\n`);
          await forward(message);
        }
      } finally {
        stopKeys();
        process.off('SIGINT', end);
        process.off('SIGTERM', end);
        end();
      }
    },
  );
}

function describe({ status, url, event, error, duration_ms: durationMs }: Forwarded): string {
  const outcome = status === null ? `no answer: ${error}` : `${durationMs} ms`;
  return `<--  [${status ?? '---'}] POST ${url} ${event} (${outcome})\n`;
}

function parseUrl(text: string): string {
  const url = URL.canParse(text) ? text : `http://${text}`;
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new CliError(`"${text}" is not an http or https URL.`);
  return url;
}

/** Without a terminal there are no keys. */
function onKeys(actions: Readonly<Record<string, () => void>>): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => undefined;
  const onKey = (_text: string | undefined, key: { name?: string; ctrl?: boolean }): void =>
    actions[key.ctrl && key.name === 'c' ? 'q' : (key.name ?? '')]?.();
  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  stdin.on('keypress', onKey);
  stdin.resume();
  return () => {
    stdin.off('keypress', onKey);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
