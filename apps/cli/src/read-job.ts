import { type Job, jobSchema } from '@sluice/contracts';
import type { ApiClient } from './api-client.ts';

/** One job; `waitSeconds` holds the answer back until the job has ended, at most that long. */
export async function readJob(client: ApiClient, id: string, waitSeconds = 0): Promise<Job> {
  const query = waitSeconds > 0 ? `?wait=${waitSeconds}` : '';
  const body = await client.json(`/v1/jobs/${encodeURIComponent(id)}${query}`, {
    timeoutMs: waitSeconds * 1_000 + 15_000,
  });
  return jobSchema.parse(body);
}
