import { ApiError, type ApiErrorCode } from '@sluice/contracts';
import { StorageFailed } from '@sluice/files';
import { redisOutageReason } from './redis-outage-reason.ts';

const RETRY_AFTER_SECONDS = '2';

/** Fastify's own errors that have a code in the contract. */
const FASTIFY_ERRORS: Readonly<Record<string, [ApiErrorCode, string]>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid_json', 'The body is not well-formed JSON.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', 'The body is larger than this server takes.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'The body must be application/json.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid_request', 'The body is not as long as content-length says.'],
  FST_ERR_BAD_URL: ['invalid_request', 'The path is not a valid URL path.'],
  FST_ERR_MAX_PARAM_LENGTH: ['not_found', 'There is no such path.'],
};

/** Any error as one of the contract's; `internal_error`, with nothing of the cause, for what nobody expected. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof StorageFailed) {
    return new ApiError('storage_unavailable', 'The place where files are kept fails.', {
      headers: { 'retry-after': '30' },
    });
  }
  const outage = redisOutageReason(error);
  if (outage === 'full') {
    return new ApiError(
      'redis_full',
      'The store is nearly full; submissions are refused until it is drained.',
      {
        headers: { 'retry-after': '30' },
      },
    );
  }
  if (outage === 'unreachable') {
    return new ApiError('redis_unavailable', 'The store does not answer.', {
      headers: { 'retry-after': RETRY_AFTER_SECONDS },
    });
  }
  const { code = '', statusCode } = error as { code?: string; statusCode?: number };
  const known = FASTIFY_ERRORS[code];
  if (known) return new ApiError(known[0], known[1]);
  // Malformed JSON may arrive as a plain SyntaxError with a status.
  if (error instanceof SyntaxError && statusCode === 400) {
    return new ApiError('invalid_json', 'The body is not well-formed JSON.');
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new ApiError('invalid_request', (error as Error).message);
  }
  return new ApiError('internal_error', 'Something went wrong inside the broker.');
}
