import type { AttemptError, AttemptErrorCode } from '@sluice/contracts';

/** What each code means for the job; `docs/providers.md` shows this table and a test keeps the two in step. */
export const ERROR_DECISIONS: Readonly<
  Record<AttemptErrorCode, { readonly retryable: boolean; readonly failover: boolean }>
> = {
  rate_limited: { retryable: true, failover: true },
  overloaded: { retryable: true, failover: true },
  timeout: { retryable: true, failover: true },
  network: { retryable: true, failover: true },
  server_error: { retryable: true, failover: true },
  auth: { retryable: false, failover: true },
  billing: { retryable: false, failover: true },
  invalid_request: { retryable: false, failover: false },
  context_window: { retryable: false, failover: true },
  content_filter: { retryable: false, failover: true },
  truncated: { retryable: true, failover: true },
  malformed_response: { retryable: true, failover: true },
  cancelled: { retryable: false, failover: false },
  unknown: { retryable: true, failover: true },
};

export interface AttemptErrorFacts {
  code: AttemptErrorCode;
  message: string;
  /** HTTP status of the provider's answer. Default: there was none. */
  status?: number | null;
  retryAfterMs?: number | null;
  /** Over the table: a request that only this target refuses, such as for a model it does not have. */
  failover?: boolean;
}

/** An attempt's error with the decisions that belong to its code. */
export function attemptErrorOf({
  code,
  message,
  status,
  retryAfterMs,
  failover,
}: AttemptErrorFacts): AttemptError {
  const decision = ERROR_DECISIONS[code];
  return {
    code,
    message,
    status: status ?? null,
    retryable: decision.retryable,
    failover: failover ?? decision.failover,
    retry_after_ms: retryAfterMs ?? null,
  };
}
