import { z } from 'zod';

/**
 * Every error that the HTTP API answers: one code, one status, one sentence on what to do.
 * `docs/errors.md` lists them all; a test keeps the two in step. `type` is what OpenAI's clients know.
 */
export const API_ERRORS = {
  invalid_json: { status: 400, type: 'invalid_request_error', todo: 'Send a well-formed JSON body.' },
  invalid_request: {
    status: 400,
    type: 'invalid_request_error',
    todo: 'Correct the field that `param` names.',
  },
  unsupported_option: {
    status: 400,
    type: 'invalid_request_error',
    todo: 'Leave the option out: this release does not carry it out.',
  },
  body_too_deep: { status: 400, type: 'invalid_request_error', todo: 'Nest the body less deeply.' },
  unknown_route: { status: 400, type: 'invalid_request_error', todo: 'Name a route of sluice.yaml.' },
  unknown_target: {
    status: 400,
    type: 'invalid_request_error',
    todo: 'Name a provider of sluice.yaml before the slash.',
  },
  unknown_model: {
    status: 400,
    type: 'invalid_request_error',
    todo: 'Name a model of the catalogue, or write provider/model.',
  },
  no_eligible_target: {
    status: 400,
    type: 'invalid_request_error',
    todo: 'Change what the message names, or choose targets that can take the request.',
  },
  deadline_unmeetable: {
    status: 422,
    type: 'invalid_request_error',
    todo: 'Give the job more time, another lane or more targets, or leave `deadline_policy` at `warn`.',
  },
  invalid_webhook_url: {
    status: 400,
    type: 'invalid_request_error',
    todo: 'Use an http or https URL with a public host and no credentials.',
  },
  invalid_cursor: { status: 400, type: 'invalid_request_error', todo: 'Use an id that a list has answered.' },
  invalid_last_event_id: {
    status: 400,
    type: 'invalid_request_error',
    todo: 'Send the whole number of the last event that you read, or leave it out.',
  },
  missing_api_key: {
    status: 401,
    type: 'authentication_error',
    todo: 'Send `Authorization: Bearer <key>` or `x-api-key`.',
  },
  invalid_api_key: {
    status: 401,
    type: 'authentication_error',
    todo: 'Check the key; make one with `sluice keys create`.',
  },
  not_allowed: {
    status: 403,
    type: 'permission_error',
    todo: 'Use a key that has the scope, or may use the route or target, that the message names.',
  },
  not_found: { status: 404, type: 'invalid_request_error', todo: 'Check the id or the path.' },
  method_not_allowed: {
    status: 405,
    type: 'invalid_request_error',
    todo: 'Use one of the methods in the `allow` header.',
  },
  endpoint_disabled: {
    status: 409,
    type: 'conflict_error',
    todo: 'Enable the webhook endpoint first (`POST /v1/webhook_endpoints/{id}/enable`).',
  },
  too_many_endpoints: {
    status: 409,
    type: 'conflict_error',
    todo: 'Delete a webhook endpoint, or name it in the jobs instead.',
  },
  event_expired: {
    status: 410,
    type: 'invalid_request_error',
    todo: 'Read the job itself, if it is still there: the event can no longer be made.',
  },
  job_ended: { status: 409, type: 'conflict_error', todo: 'Nothing to do: the job has ended already.' },
  job_not_ended: { status: 409, type: 'conflict_error', todo: 'Wait until the job has ended, or cancel it.' },
  batch_ended: { status: 409, type: 'conflict_error', todo: 'Nothing to do: the batch has ended already.' },
  batch_not_ended: {
    status: 409,
    type: 'conflict_error',
    todo: 'Wait until the batch has ended, or cancel it.',
  },
  nothing_to_retry: {
    status: 409,
    type: 'conflict_error',
    todo: 'Nothing to do: every line of the batch was answered.',
  },
  events_expired: {
    status: 410,
    type: 'invalid_request_error',
    todo: 'Read the job itself; its events are gone.',
  },
  body_too_large: { status: 413, type: 'invalid_request_error', todo: 'Send a smaller body.' },
  file_too_large: {
    status: 413,
    type: 'invalid_request_error',
    todo: 'Split the file into several of at most 200 MB.',
  },
  too_many_lines: {
    status: 413,
    type: 'invalid_request_error',
    todo: 'Split it into several batches of at most 50,000 requests.',
  },
  unsupported_media_type: {
    status: 415,
    type: 'invalid_request_error',
    todo: 'Send `content-type: application/json`.',
  },
  idempotency_key_reused: {
    status: 422,
    type: 'invalid_request_error',
    todo: 'Use a new Idempotency-Key for a different body.',
  },
  tenant_queue_full: {
    status: 429,
    type: 'rate_limit_error',
    todo: 'Wait until some of your jobs have ended, then submit again.',
  },
  rate_limit_exceeded: {
    status: 429,
    type: 'rate_limit_error',
    todo: 'Wait as long as `retry-after` says, then send it again.',
  },
  key_quota_exceeded: {
    status: 429,
    type: 'rate_limit_error',
    todo: 'Wait until the quota that the message names is free again, or ask for a larger one.',
  },
  budget_exceeded: {
    status: 429,
    type: 'insufficient_quota',
    todo: 'Wait until the next UTC day or month, or ask for a larger budget.',
  },
  too_many_failures: {
    status: 429,
    type: 'rate_limit_error',
    todo: 'Stop, correct the key or the path, and wait as long as `retry-after` says.',
  },
  too_many_streams: {
    status: 429,
    type: 'rate_limit_error',
    todo: 'Close a stream, or wait and open it again.',
  },
  internal_error: { status: 500, type: 'api_error', todo: 'Try again; report the request id if it stays.' },
  redis_unavailable: {
    status: 503,
    type: 'api_error',
    todo: 'Try again after `retry-after` seconds, with the same Idempotency-Key.',
  },
  storage_unavailable: {
    status: 503,
    type: 'api_error',
    todo: 'Try again later; who runs the broker finds the cause in its log: `storage` is full, missing or read-only.',
  },
  redis_full: {
    status: 503,
    type: 'api_error',
    todo: 'Try again later: the store is nearly full and is being drained.',
  },
  shutting_down: {
    status: 503,
    type: 'api_error',
    todo: 'Send the request again after `retry-after` seconds.',
  },
  request_timeout: { status: 503, type: 'api_error', todo: 'Try again, with the same Idempotency-Key.' },
} as const satisfies Record<string, { status: number; type: string; todo: string }>;

export type ApiErrorCode = keyof typeof API_ERRORS;

/** The shape of every error answer. */
export const apiErrorBodySchema = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    code: z.string(),
    param: z.string().nullable(),
    request_id: z.string(),
    doc_url: z.string(),
  }),
});
export type ApiErrorBody = z.infer<typeof apiErrorBodySchema>;

/** Thrown by the API's code for an expected refusal; the error handler turns it into {@link ApiErrorBody}. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ApiErrorCode,
    message: string,
    { param = null, headers = {} }: { param?: string | null; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.code = code;
    this.param = param;
    this.headers = headers;
  }

  get status(): number {
    return API_ERRORS[this.code].status;
  }
}
