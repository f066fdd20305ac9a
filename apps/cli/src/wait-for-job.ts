import { isTerminal, type Job } from '@sluice/contracts';
import type { ApiClient } from './api-client.ts';
import { CliError } from './cli-error.ts';
import { readJob } from './read-job.ts';

const LONGEST_POLL_SECONDS = 60;

/** Long-polls until the job has ended; gives up after `timeoutMs`. */
export async function waitForJob(client: ApiClient, id: string, timeoutMs: number): Promise<Job> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const leftSeconds = Math.ceil((endMs - performance.now()) / 1_000);
    if (leftSeconds <= 0) throw new CliError(`${id} has not ended yet: go on with "sluice watch ${id}".`);
    const job = await readJob(client, id, Math.min(LONGEST_POLL_SECONDS, leftSeconds));
    if (isTerminal(job.status)) return job;
  }
}
