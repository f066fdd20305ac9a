import { API_ERRORS, type ApiError } from '@sluice/contracts';
import { anthropicErrorType } from './batches/anthropic-error-type.ts';

/** The body of an error answer on Anthropic's routes. Source: Anthropic API reference, "Errors". */
export function toAnthropicErrorBody(error: ApiError, requestId: string): object {
  const message = `${error.message} ${API_ERRORS[error.code].todo}`;
  return {
    type: 'error',
    error: { type: anthropicErrorType(error.status), message },
    request_id: requestId,
  };
}
