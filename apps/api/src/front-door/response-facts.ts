import type { JobRecord } from '@sluice/broker';
import type { ResponseFacts } from '@sluice/core';

/** What the Response object of a job is made from; null when the job did not come as a response. */
export function responseFacts(job: JobRecord): ResponseFacts | null {
  const { responses } = job.options;
  if (!responses) return null;
  const { id, status, createdAtMs, finishedAtMs, tier, request, metadata, result, error } = job;
  return {
    jobId: id,
    status,
    createdAtMs,
    finishedAtMs,
    tier,
    background: responses.background,
    instructions: responses.instructions,
    previousResponseId: responses.previousResponseId ?? null,
    request,
    metadata,
    target: job.chain[0] ?? '',
    result,
    error,
  };
}
