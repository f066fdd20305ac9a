import type { BatchCall } from '../../../batch/batch-api.ts';
import { AnthropicInvalid } from '../anthropic-invalid.ts';
import { anthropicBatchObject, type AnthropicBatch } from './anthropic-batch-object.ts';

const USUAL_LIMIT = 20;
const MAX_LIMIT = 1_000;

/** A page, the newest first: older than `after_id`, or just newer than `before_id`. */
export function listAnthropicBatches({ account, query, baseUrl }: BatchCall) {
  const limit = Number(query.get('limit') ?? USUAL_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new AnthropicInvalid(`limit: Input should be from 1 to ${MAX_LIMIT}`);
  }
  const batches = account.batches.batches() as AnthropicBatch[];
  const placeOf = (id: string): number => {
    const place = batches.findIndex((batch) => batch.id === id);
    if (place === -1) throw new AnthropicInvalid(`Invalid cursor: ${id}`);
    return place;
  };
  const after = query.get('after_id');
  const before = query.get('before_id');
  const end = before === null ? batches.length : placeOf(before);
  const start = after === null ? (before === null ? 0 : Math.max(0, end - limit)) : placeOf(after) + 1;
  const page = batches.slice(start, Math.min(end, start + limit));
  const hasMore = before === null ? start + page.length < batches.length : start > 0;
  return {
    data: page.map((batch) => anthropicBatchObject(batch, baseUrl)),
    has_more: hasMore,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  };
}
