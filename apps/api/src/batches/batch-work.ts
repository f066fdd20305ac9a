import type { BatchRecord, SubmitLines } from '@sluice/broker';
import type { LineToJobDeps } from './line-to-job.ts';

/** What moving batches on stands on; all borrowed. */
export interface BatchWorkDeps extends LineToJobDeps {
  submitLines: SubmitLines;
  baseUrl: () => string;
}

/** One batch in the hands of one process. */
export interface BatchWork {
  batch: BatchRecord;
  /** Name of the lease's holder. */
  owner: string;
  /** Aborted when the lease is lost or the process closes. */
  signal: AbortSignal;
}
