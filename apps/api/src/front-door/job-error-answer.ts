import type { JobRecord } from '@sluice/broker';
import { errorDocUrl, type ApiErrorBody, type JobErrorCode } from '@sluice/contracts';

export interface JobErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: ApiErrorBody;
}

/** HTTP status and OpenAI's error type for each way in which a job can fail. */
const ANSWERS: Readonly<Record<JobErrorCode, readonly [status: number, type: string, code?: string]>> = {
  rate_limited: [429, 'rate_limit_error', 'rate_limit_exceeded'],
  overloaded: [503, 'server_error'],
  timeout: [504, 'server_error'],
  network: [502, 'server_error'],
  server_error: [502, 'server_error'],
  // The provider refused the broker's key or account: nothing that the caller could correct.
  auth: [502, 'server_error', 'provider_auth'],
  billing: [502, 'server_error', 'provider_billing'],
  invalid_request: [400, 'invalid_request_error'],
  context_window: [400, 'invalid_request_error', 'context_length_exceeded'],
  content_filter: [400, 'invalid_request_error'],
  truncated: [502, 'server_error'],
  malformed_response: [502, 'server_error'],
  cancelled: [409, 'conflict_error'],
  unknown: [502, 'server_error'],
  all_targets_failed: [502, 'server_error'],
  expired: [504, 'server_error'],
  no_eligible_target: [400, 'invalid_request_error'],
  budget_exceeded: [429, 'insufficient_quota', 'insufficient_quota'],
};

/**
 * How a synchronous caller hears that its job failed. The broker has retried already, so OpenAI's clients are told
 * not to (`x-should-retry`); `retry-after-ms` is what the last provider asked for.
 */
export function jobErrorAnswer(
  job: Pick<JobRecord, 'error'> & Partial<Pick<JobRecord, 'attempts'>>,
  { requestId, baseUrl }: { requestId: string; baseUrl: string },
): JobErrorAnswer {
  const jobCode = job.error?.code ?? 'unknown';
  const refused = jobCode === 'all_targets_failed' && isRefusedByAll(job.attempts ?? []);
  const [status, type] = ANSWERS[refused ? 'invalid_request' : jobCode];
  const code = ANSWERS[jobCode][2] ?? jobCode;
  const {
    last_error: last,
    message = 'The job ended without a result.',
    param = null,
  } = job.error ?? {
    last_error: null,
  };
  const retryAfterMs = last?.retry_after_ms ?? null;
  return {
    status,
    headers: {
      'x-should-retry': 'false',
      ...(retryAfterMs === null
        ? {}
        : {
            'retry-after-ms': String(retryAfterMs),
            'retry-after': String(Math.ceil(retryAfterMs / 1_000)),
          }),
    },
    body: {
      error: {
        message: last && !message.includes(last.message) ? `${message} ${last.message}` : message,
        type,
        code,
        param,
        request_id: requestId,
        doc_url: errorDocUrl(jobCode, baseUrl),
      },
    },
  };
}

/** No target could take the request, which only its caller can mend: a file that can't be had, say. */
function isRefusedByAll(attempts: JobRecord['attempts']): boolean {
  return attempts.length > 0 && attempts.every(({ error }) => error?.code === 'invalid_request');
}
