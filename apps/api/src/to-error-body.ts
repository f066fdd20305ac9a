import { API_ERRORS, errorDocUrl, type ApiError, type ApiErrorBody } from '@sluice/contracts';

/** The body of an error answer: what happened, then what to do. */
export function toErrorBody(
  error: ApiError,
  { requestId, baseUrl }: { requestId: string; baseUrl: string },
): ApiErrorBody {
  const { type, todo } = API_ERRORS[error.code];
  return {
    error: {
      message: `${error.message} ${todo}`,
      type,
      code: error.code,
      param: error.param,
      request_id: requestId,
      doc_url: errorDocUrl(error.code, baseUrl),
    },
  };
}
