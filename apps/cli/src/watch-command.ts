import { Command } from 'commander';
import { addClientOptions, type ClientOptions } from './add-client-options.ts';
import { clientFromOptions } from './client-from-options.ts';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './command-context.ts';
import { describeJob } from './describe-job.ts';
import { parseWholeNumber } from './parse-whole-number.ts';
import { readJob } from './read-job.ts';
import { watchEvents } from './watch-events.ts';

export function watchCommand(context: CommandContext): Command {
  const command = new Command('watch')
    .description('follow a job: its text to stdout as it is produced, what happens to it to stderr')
    .argument('<job>', 'job id')
    .option('--after <number>', 'go on after this event', parseWholeNumber, 0);
  return addClientOptions(command).action(
    async (jobId: string, options: ClientOptions & { after: number }) => {
      const client = clientFromOptions(context, options);
      let streamedText = false;
      for await (const event of watchEvents({ client, jobId, after: options.after })) {
        if (options.json) {
          context.stdout.write(`${JSON.stringify(event)}\n`);
        } else if (event.type === 'job.delta') {
          context.stdout.write(event.delta.content ?? '');
          streamedText ||= Boolean(event.delta.content);
        } else {
          if (streamedText) context.stdout.write('\n');
          context.stderr.write(`${event.seq} ${event.type}${detail(event)}\n`);
        }
      }
      const job = await readJob(client, jobId);
      if (!options.json) {
        if (!streamedText && job.result)
          context.stdout.write(`${job.result.choices[0]?.message.content ?? ''}\n`);
        context.stderr.write(describeJob(job));
      }
      if (job.status !== 'completed')
        throw new CliError(`${jobId} ${job.status}: ${job.error?.message ?? 'no result'}`);
    },
  );
}

function detail(event: { type: string; [field: string]: unknown }): string {
  if (event.type === 'job.started') return ` at ${String(event['target'])}`;
  if (event.type === 'job.requeued') {
    return ` from ${String(event['from'])} to ${String(event['to'])}: ${String(event['reason'])}`;
  }
  return '';
}
