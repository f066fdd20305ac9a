import type { JobRecord } from '../job-record.ts';
import type { FinishInput } from '../transitions.ts';
import { lineOfJob } from './batch-line-id.ts';

/** In the outbox of a job that is a line of a batch: what its end adds to the batch. */
export interface BatchLineEntry {
  kind: 'batch_line';
  batch: string;
  line: number;
  /** Input, cached input, output and reasoning tokens of the answer. */
  tokens: readonly [number, number, number, number];
  /** Of all attempts; what a closed attempt reports later is not in it. */
  cost_usd: number;
}

/** The entry's text; '' for a job that is not of a batch. */
export function batchLineEntry(
  job: Pick<JobRecord, 'id' | 'batchId' | 'attempts'>,
  { result, attemptEnd }: Pick<FinishInput, 'result' | 'attemptEnd'>,
): string {
  const line = job.batchId === null ? null : lineOfJob(job.batchId, job.id);
  if (job.batchId === null || line === null) return '';
  const usage = result?.usage;
  const paid = job.attempts.reduce((sum, { cost_usd: cost }) => sum + (cost ?? 0), 0);
  return JSON.stringify({
    kind: 'batch_line',
    batch: job.batchId,
    line,
    tokens: [
      usage?.prompt_tokens ?? 0,
      usage?.prompt_tokens_details.cached_tokens ?? 0,
      usage?.completion_tokens ?? 0,
      usage?.completion_tokens_details.reasoning_tokens ?? 0,
    ],
    cost_usd: paid + (attemptEnd.cost_usd ?? 0),
  } satisfies BatchLineEntry);
}
