const BATCH_ID = /^batch_([0-9a-f]{24})$/;
const LINE_DIGITS = 6;

/**
 * The id of the job of a batch's n-th line (from 1). It follows from both, so that a line is never run twice however
 * often it is queued, and a batch's jobs need no list. Batch ids are random, so it can't be guessed either.
 */
export function batchLineJobId(batchId: string, line: number): string {
  const digits = BATCH_ID.exec(batchId)?.[1];
  if (digits === undefined) throw new RangeError(`"${batchId}" is no id of a batch`);
  return `job_${digits}${line.toString(16).padStart(LINE_DIGITS, '0')}`;
}

/** The line of a job within a batch; null when the job is not of this batch. */
export function lineOfJob(batchId: string, jobId: string): number | null {
  const digits = BATCH_ID.exec(batchId)?.[1];
  if (digits === undefined || !jobId.startsWith(`job_${digits}`)) return null;
  const line = Number.parseInt(jobId.slice(`job_${digits}`.length), 16);
  return line > 0 ? line : null;
}
