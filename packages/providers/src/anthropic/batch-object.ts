import { z } from 'zod';
import type { ProviderBatch } from '../batch/provider-batch-adapter.ts';

const count = z.number().int().nonnegative().catch(0);

/** Source: Anthropic API reference, "Message Batches". Unknown fields are ignored. */
const batchSchema = z.object({
  id: z.string().min(1),
  processing_status: z.string(),
  created_at: z.string(),
  request_counts: z
    .object({ processing: count, succeeded: count, errored: count, canceled: count, expired: count })
    .nullish()
    .catch(null),
});
const pageSchema = z.object({ data: z.array(batchSchema) });

const STATES: Readonly<Record<string, ProviderBatch['state']>> = {
  in_progress: 'running',
  canceling: 'cancelling',
  ended: 'ended',
};

function fromObject({
  id,
  processing_status,
  created_at,
  request_counts,
}: z.infer<typeof batchSchema>): ProviderBatch {
  const createdAtMs = Date.parse(created_at);
  return {
    id,
    state: STATES[processing_status] ?? 'running',
    counts: request_counts
      ? {
          total: Object.values(request_counts).reduce((sum, part) => sum + part, 0),
          completed: request_counts.succeeded,
          failed: request_counts.errored + request_counts.canceled + request_counts.expired,
        }
      : null,
    createdAtMs: Number.isNaN(createdAtMs) ? 0 : createdAtMs,
    run: null,
    results: null,
    error: null,
  };
}

/** The batch in normal form. Throws a `SyntaxError` for what is no batch. */
export function toProviderBatch(body: unknown): ProviderBatch {
  const parsed = batchSchema.safeParse(body);
  if (!parsed.success) throw new SyntaxError('the answer is no batch');
  return fromObject(parsed.data);
}

/** One page of the list, the newest first. */
export function toBatchPage(body: unknown): { batches: ProviderBatch[] } {
  const parsed = pageSchema.safeParse(body);
  if (!parsed.success) throw new SyntaxError('the answer is no list of batches');
  return { batches: parsed.data.data.map(fromObject) };
}
