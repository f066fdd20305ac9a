import type { WireAnswer } from '../../vendor-wire.ts';
import { openaiRefuse } from '../openai-refuse.ts';
import { openaiJson } from './openai-json.ts';

/** One page of a list, the newest first: `after` and `limit` of the query. */
export function openaiPage(
  items: readonly { id: string }[],
  query: URLSearchParams,
  { limit: { usual, most } }: { limit: { usual: number; most: number } },
): WireAnswer {
  const limit = Number(query.get('limit') ?? usual);
  if (!Number.isInteger(limit) || limit < 1 || limit > most) {
    openaiRefuse(`Invalid 'limit': expected an integer from 1 to ${most}.`, 'limit', 'invalid_value');
  }
  const after = query.get('after');
  const start = after === null ? 0 : items.findIndex(({ id }) => id === after) + 1;
  const data = after !== null && start === 0 ? [] : items.slice(start, start + limit);
  return openaiJson({
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: data.length > 0 && start + data.length < items.length,
  });
}
