import { type Job, jobSchema } from '@sluice/contracts';
import { Command } from 'commander';
import { addClientOptions, type ClientOptions } from './add-client-options.ts';
import { clientFromOptions } from './client-from-options.ts';
import type { CommandContext } from './command-context.ts';
import { describeJob } from './describe-job.ts';
import { formatTable, type TableColumn } from './format-table.ts';
import { formatUsd } from './format-usd.ts';
import { parseWholeNumber } from './parse-whole-number.ts';
import { printResult } from './print-result.ts';
import { readJob } from './read-job.ts';

const FILTERS = [
  'status',
  'tier',
  'target',
  'tag',
  'task',
  'created_after',
  'created_before',
  'after',
] as const;

const COLUMNS: readonly TableColumn<Job>[] = [
  { title: 'JOB', value: (job) => job.id },
  { title: 'STATUS', value: (job) => job.status },
  { title: 'TIER', value: (job) => job.tier },
  { title: 'TARGET', value: (job) => job.attempts.at(-1)?.target ?? job.chain[0] ?? '-' },
  { title: 'ATTEMPTS', value: (job) => String(job.attempts.length), align: 'right' },
  { title: 'TOKENS', value: (job) => String(job.usage?.total_tokens ?? '-'), align: 'right' },
  { title: 'COST', value: (job) => formatUsd(job.cost_usd), align: 'right' },
  { title: 'CREATED', value: (job) => job.created_at },
];

export function jobsCommand(context: CommandContext): Command {
  const command = new Command('jobs').description('list, read and cancel jobs');
  command.addCommand(listCommand(context), { isDefault: true });
  command.addCommand(
    addClientOptions(new Command('get').description('read one job').argument('<job>')).action(
      async (id: string, options: ClientOptions) => {
        const job = await readJob(clientFromOptions(context, options), id);
        printResult(context, options.json, job, `${JSON.stringify(job, null, 2)}\n`);
      },
    ),
  );
  command.addCommand(
    addClientOptions(new Command('cancel').description('cancel a job').argument('<job>')).action(
      async (id: string, options: ClientOptions) => {
        const path = `/v1/jobs/${encodeURIComponent(id)}/cancel`;
        const answer = await clientFromOptions(context, options).json(path, { method: 'POST' });
        const job = jobSchema.parse(answer);
        printResult(context, options.json, job, describeJob(job));
      },
    ),
  );
  return command;
}

function listCommand(context: CommandContext): Command {
  const command = new Command('list')
    .description('list jobs, newest first')
    .option('--limit <number>', 'at most 100', parseWholeNumber, 20);
  for (const name of FILTERS) command.option(`--${name.replace('_', '-')} <value>`);
  return addClientOptions(command).action(async (options: ClientOptions & Record<string, unknown>) => {
    const query = new URLSearchParams({ limit: String(options['limit']) });
    for (const name of FILTERS) {
      const value = options[name.replace(/_([a-z])/, (_, letter: string) => letter.toUpperCase())];
      if (typeof value === 'string') query.set(name, value);
    }
    const list = await clientFromOptions(context, options).json(`/v1/jobs?${query.toString()}`);
    const { data, has_more, last_id } = list as {
      data: unknown[];
      has_more: boolean;
      last_id: string | null;
    };
    const jobs = data.map((job) => jobSchema.parse(job));
    printResult(context, options.json, list, formatTable(COLUMNS, jobs));
    if (has_more && !options.json) context.stderr.write(`more: --after ${last_id}\n`);
  });
}
