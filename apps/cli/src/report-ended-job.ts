import type { Job } from '@sluice/contracts';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './command-context.ts';
import { describeJob } from './describe-job.ts';
import { printResult } from './print-result.ts';

/** Prints a job that has ended, its answer to stdout; throws (exit code 1) when it did not complete. */
export function reportEndedJob(context: CommandContext, json: boolean | undefined, job: Job): void {
  const answer = job.result?.choices[0]?.message.content ?? '';
  if (!json) context.stderr.write(describeJob(job));
  for (const warning of json ? [] : job.warnings) context.stderr.write(`warning: ${warning.message}\n`);
  printResult(context, json, job, job.status === 'completed' ? `${answer}\n` : '');
  if (job.status !== 'completed')
    throw new CliError(`${job.id} ${job.status}: ${job.error?.message ?? 'no result'}`);
}
