import type { AttemptError, AttemptErrorCode } from '@sluice/contracts';
import { z } from 'zod';
import type { ProviderBatch } from '../batch/provider-batch-adapter.ts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';

const count = z.number().int().nonnegative().catch(0);

/** Source: OpenAI API reference, "The batch object". Unknown fields are ignored. */
const batchSchema = z.object({
  id: z.string().min(1),
  status: z.string(),
  created_at: z.number().catch(0),
  output_file_id: z.string().nullish().catch(null),
  error_file_id: z.string().nullish().catch(null),
  request_counts: z.object({ total: count, completed: count, failed: count }).nullish().catch(null),
  metadata: z.record(z.string(), z.unknown()).nullish().catch(null),
  errors: z
    .object({
      data: z
        .array(
          z.object({
            code: z.string().nullish().catch(null),
            message: z.string().nullish().catch(null),
            line: z.number().nullish().catch(null),
          }),
        )
        .catch([]),
    })
    .nullish()
    .catch(null),
});
type BatchObject = z.infer<typeof batchSchema>;

const STATES: Readonly<Record<string, ProviderBatch['state']>> = {
  validating: 'running',
  in_progress: 'running',
  finalizing: 'running',
  cancelling: 'cancelling',
  completed: 'ended',
  expired: 'ended',
  cancelled: 'ended',
  failed: 'failed',
};

/** What to do about a file that was refused whole. The codes are those seen in public reports. */
const CODES: Readonly<Record<string, AttemptErrorCode>> = {
  token_limit_exceeded: 'rate_limited',
  rate_limit_exceeded: 'rate_limited',
  billing_hard_limit_reached: 'billing',
  insufficient_quota: 'billing',
};

/** Files of a batch that has ended. */
export interface OpenAiBatchResults {
  outputFileId: string | null;
  errorFileId: string | null;
}

/** The batch in normal form. Throws a `SyntaxError` for what is no batch. */
export function toProviderBatch(
  body: unknown,
  { vendor, runKey }: { vendor: string; runKey: string },
): ProviderBatch {
  const parsed = batchSchema.safeParse(body);
  if (!parsed.success) throw new SyntaxError('the answer is no batch');
  const { data } = parsed;
  const run = data.metadata?.[runKey];
  const results: OpenAiBatchResults = {
    outputFileId: data.output_file_id ?? null,
    errorFileId: data.error_file_id ?? null,
  };
  const state = STATES[data.status] ?? 'running';
  return {
    id: data.id,
    state,
    counts: data.request_counts ?? null,
    createdAtMs: data.created_at * 1_000,
    run: typeof run === 'string' ? run : null,
    results,
    error: state === 'failed' ? failureOf(data, vendor) : null,
  };
}

/** Its lines may run elsewhere: what is wrong with the file says nothing about the others. */
function failureOf({ errors }: BatchObject, vendor: string): AttemptError {
  const [first] = errors?.data ?? [];
  const where = first?.line ? ` (line ${first.line})` : '';
  return attemptErrorOf({
    code: CODES[first?.code ?? ''] ?? 'invalid_request',
    message: `${vendor} refused the batch: ${first?.message ?? first?.code ?? 'no reason given'}${where}`,
    failover: true,
  });
}
