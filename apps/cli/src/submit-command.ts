import { jobSchema } from '@sluice/contracts';
import { Command } from 'commander';
import { addClientOptions, type ClientOptions } from './add-client-options.ts';
import { addSubmissionOptions } from './add-submission-options.ts';
import { buildSubmission, type SubmissionOptions } from './build-submission.ts';
import { clientFromOptions } from './client-from-options.ts';
import type { CommandContext } from './command-context.ts';
import { describeJob } from './describe-job.ts';
import { parseDuration } from './parse-duration.ts';
import { printResult } from './print-result.ts';
import { readSubmissionFile } from './read-submission-file.ts';
import { reportEndedJob } from './report-ended-job.ts';
import { waitForJob } from './wait-for-job.ts';

type Options = ClientOptions &
  SubmissionOptions & { wait?: boolean; timeout: number; idempotencyKey?: string };

export function submitCommand(context: CommandContext): Command {
  const command = new Command('submit').description('submit a job; prints its id, or with --wait its answer');
  addSubmissionOptions(command)
    .option('--within <duration>', 'expires after this, e.g. 15m')
    .option('--stream', 'produce deltas for `sluice watch`')
    .option('--webhook <url>', 'send the result there')
    .option('--idempotency-key <key>', 'the same key never makes a second job')
    .option('--wait', 'wait until the job has ended')
    .option('--timeout <duration>', 'longest wait with --wait', parseDuration, 600_000);
  return addClientOptions(command).action(async (file: string | undefined, options: Options) => {
    const client = clientFromOptions(context, options);
    const body = buildSubmission(options, file === undefined ? undefined : readSubmissionFile(file));
    const headers = options.idempotencyKey ? { 'idempotency-key': options.idempotencyKey } : {};
    const job = jobSchema.parse(await client.json('/v1/jobs', { method: 'POST', body, headers }));
    if (!options.wait) return printResult(context, options.json, job, describeJob(job));
    reportEndedJob(context, options.json, await waitForJob(client, job.id, options.timeout));
  });
}
