import type { AttemptError, AttemptErrorCode } from '@sluice/contracts';

/**
 * Whether a failed call says that its target is not well.
 *
 * Does: the server failed or was overloaded (5xx), did not answer in time or at all, or sent what is no answer.
 * Does not: what the caller sent (`invalid_request`, `context_window`, `content_filter`), what the broker or the
 * caller ended (`cancelled`), what a key may not do (`auth`, `billing`: the pool of keys sees to it), a limit
 * (`rate_limited`: the limiter sees to it), and what nobody can tell (`unknown`).
 */
export function countsAgainstHealth({ code }: Pick<AttemptError, 'code'>): boolean {
  return COUNTS[code];
}

const COUNTS: Readonly<Record<AttemptErrorCode, boolean>> = {
  server_error: true,
  overloaded: true,
  timeout: true,
  network: true,
  truncated: true,
  malformed_response: true,
  rate_limited: false,
  auth: false,
  billing: false,
  invalid_request: false,
  context_window: false,
  content_filter: false,
  cancelled: false,
  unknown: false,
};
