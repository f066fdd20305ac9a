import type { AttemptError, AttemptErrorCode } from '@sluice/contracts';
import { attemptErrorOf } from './attempt-error-of.ts';
import { isContextOverflow } from './is-context-overflow.ts';

const CODES: Readonly<Record<number, AttemptErrorCode>> = {
  401: 'auth',
  402: 'billing',
  403: 'auth',
  408: 'timeout',
  409: 'server_error',
  425: 'server_error',
  429: 'rate_limited',
  499: 'server_error',
  503: 'overloaded',
  529: 'overloaded',
};

/** Refusals that another target may not share: a wrong address or model (404, 405, 410), a smaller size cap (413). */
const ONLY_HERE: ReadonlySet<number> = new Set([404, 405, 410, 413]);

export interface StatusFacts {
  vendor: string;
  /** HTTP status of the answer, or the one that an error inside a 200 stream stands for. */
  status: number;
  /** What the answer really carried, when an error came inside a 200. */
  answeredStatus?: number;
  /** The vendor's own words; may be empty. */
  text: string;
  retryAfterMs: number | null;
  /** Over the status: what the vendor's error code or type says. */
  code?: AttemptErrorCode | null;
}

/** The error of an answer that was not a success, by status where the vendor does not say it more exactly. */
export function errorOfStatus({
  vendor,
  status,
  answeredStatus,
  text,
  retryAfterMs,
  code,
}: StatusFacts): AttemptError {
  const where = answeredStatus === undefined ? `${status}` : `an error inside a ${answeredStatus}`;
  const message = `${vendor} answered ${where}: ${text || 'no message'}`;
  const facts = { message, status: answeredStatus ?? status, retryAfterMs };
  if (code) return attemptErrorOf({ ...facts, code });
  if (status >= 400 && status < 500 && status !== 429 && isContextOverflow(text)) {
    return attemptErrorOf({ ...facts, code: 'context_window' });
  }
  const byStatus = CODES[status];
  if (byStatus) return attemptErrorOf({ ...facts, code: byStatus });
  if (status >= 500) return attemptErrorOf({ ...facts, code: 'server_error' });
  const failover = ONLY_HERE.has(status) || status < 400;
  return attemptErrorOf({ ...facts, code: 'invalid_request', failover });
}
