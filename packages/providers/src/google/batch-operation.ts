import type { AttemptError } from '@sluice/contracts';
import { z } from 'zod';
import type { ProviderBatch } from '../batch/provider-batch-adapter.ts';
import { statusError } from './status-error.ts';

const count = z.coerce.number().int().nonnegative().catch(0);
const statusSchema = z.object({
  code: z.number().int().catch(2),
  message: z.string().catch(''),
  details: z.array(z.unknown()).catch([]),
});
const outputSchema = z.object({
  responsesFile: z.string().optional().catch(undefined),
  inlinedResponses: z.unknown().optional(),
});
const holderSchema = outputSchema.extend({ output: outputSchema.optional().catch(undefined) });

/** Source: types of `BatchGenerateContentOperation` in the API's discovery document. Unknown fields are ignored. */
const operationSchema = z.object({
  name: z.string().min(1),
  done: z.boolean().catch(false),
  error: statusSchema.nullish().catch(null),
  response: holderSchema.nullish().catch(null),
  metadata: z
    .object({
      state: z.string().catch(''),
      displayName: z.string().optional().catch(undefined),
      createTime: z.string().catch(''),
      batchStats: z
        .object({ requestCount: count, successfulRequestCount: count, failedRequestCount: count })
        .nullish()
        .catch(null),
      output: outputSchema.nullish().catch(null),
    })
    .nullish()
    .catch(null),
});
export type GoogleOperation = z.infer<typeof operationSchema>;

/** States of both spellings, `JOB_STATE_…` and `BATCH_STATE_…`. */
const STATES: Readonly<Record<string, ProviderBatch['state']>> = {
  CANCELLING: 'cancelling',
  SUCCEEDED: 'ended',
  PARTIALLY_SUCCEEDED: 'ended',
  CANCELLED: 'ended',
  EXPIRED: 'ended',
  FAILED: 'failed',
};

/** Where the results of a batch are. Those of requests that came inline are in the operation, and read from there. */
export type GoogleBatchResults = { kind: 'file'; name: string } | { kind: 'inline' };

/** Throws a `SyntaxError` for what is no operation. */
export function readOperation(body: unknown): GoogleOperation {
  const parsed = operationSchema.safeParse(body);
  if (!parsed.success) throw new SyntaxError('the answer is no batch');
  return parsed.data;
}

/** The batch in normal form. */
export function toProviderBatch(operation: GoogleOperation, vendor: string): ProviderBatch {
  const { name, metadata } = operation;
  const state = stateOf(operation);
  const createdAtMs = Date.parse(metadata?.createTime ?? '');
  const stats = metadata?.batchStats;
  const file = resultsFileOf(operation);
  const results: GoogleBatchResults = file === null ? { kind: 'inline' } : { kind: 'file', name: file };
  return {
    id: name,
    state,
    counts: stats
      ? {
          total: stats.requestCount,
          completed: stats.successfulRequestCount,
          failed: stats.failedRequestCount,
        }
      : null,
    createdAtMs: Number.isNaN(createdAtMs) ? 0 : createdAtMs,
    run: metadata?.displayName ?? null,
    results,
    error: state === 'failed' ? failureOf(operation, vendor) : null,
  };
}

function stateOf({ done, error, metadata }: GoogleOperation): ProviderBatch['state'] {
  const word = (metadata?.state ?? '').replace(/^(JOB|BATCH)_STATE_/, '');
  const known = STATES[word];
  if (known) return known;
  if (!done) return 'running';
  return error ? 'failed' : 'ended';
}

function resultsFileOf({ response, metadata }: GoogleOperation): string | null {
  return (
    response?.responsesFile ?? response?.output?.responsesFile ?? metadata?.output?.responsesFile ?? null
  );
}

/** Answers within the operation; clients have met them at several places. */
export function inlineResponsesOf({ response, metadata }: GoogleOperation): unknown[] {
  for (const holder of [response, response?.output, metadata?.output]) {
    const list = holder?.inlinedResponses;
    if (Array.isArray(list)) return list;
    const inner = (list as { inlinedResponses?: unknown } | null | undefined)?.inlinedResponses;
    if (Array.isArray(inner)) return inner;
  }
  return [];
}

/** Its lines may run elsewhere: what is wrong with the batch says nothing about each of them. */
function failureOf({ error }: GoogleOperation, vendor: string): AttemptError {
  const status = error ?? { code: 2, message: 'the batch failed without a reason', details: [] };
  return { ...statusError(status, vendor), failover: true };
}
