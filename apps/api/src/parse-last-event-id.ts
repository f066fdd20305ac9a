import { ApiError } from '@sluice/contracts';

/**
 * The sequence number after which to go on, from `?after=` or `Last-Event-ID`; 0, the beginning, without either.
 * The larger one wins: EventSource adds the header by itself when it reconnects with the same `?after=`.
 * @throws ApiError `invalid_last_event_id`.
 */
export function parseLastEventId({
  after,
  header,
}: {
  after: string | undefined;
  header: string | undefined;
}): number {
  const fromQuery = after === undefined ? 0 : parse(after, 'after');
  const fromHeader = header === undefined || header === '' ? 0 : parse(header, 'Last-Event-ID');
  return Math.max(fromQuery, fromHeader);
}

function parse(text: string, param: string): number {
  if (!/^\d{1,15}$/.test(text)) {
    throw new ApiError('invalid_last_event_id', `${param} must be a whole number of 0 or more.`, { param });
  }
  return Number(text);
}
