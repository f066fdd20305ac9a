import { badGatewayPage } from '../bad-gateway-page.ts';
import { retryAfterSeconds } from '../retry-after-seconds.ts';
import { overlongTokens } from '../overlong-tokens.ts';
import type { WireAnswer, WireContext, WireErrorDetails, WireErrorKind } from '../vendor-wire.ts';
import { anthropicErrorBody } from './anthropic-error-body.ts';

const DETAILS =
  'For details, refer to: https://docs.claude.com/en/api/rate-limits. You can see the response headers for current usage. Please reduce the prompt length or the maximum tokens requested, or try again later. You may also contact sales at https://www.anthropic.com/contact-sales to discuss your options for a rate limit increase.';

function rateLimitMessage({ refusal }: WireErrorDetails): string {
  if (refusal?.dimension === 'concurrency') {
    return 'Number of concurrent connections has exceeded your rate limit. Please try again later or contact sales at https://www.anthropic.com/contact-sales to discuss your options for a rate limit increase.';
  }
  const unit = refusal?.dimension === 'tokens' ? 'tokens' : 'requests';
  const limit = (refusal?.stated ?? 50).toLocaleString('en-US');
  return `This request would exceed the rate limit for your organization (org-simulated) of ${limit} ${unit} per minute. ${DETAILS}`;
}

interface Known {
  status: number;
  type: string;
  message: string;
}

type Build = (context: WireContext, details: WireErrorDetails) => Known;

const rateLimited: Build = (_context, details) => ({
  status: 429,
  type: 'rate_limit_error',
  message: rateLimitMessage(details),
});

const unauthorized: Build = () => ({
  status: 401,
  type: 'authentication_error',
  message: 'invalid x-api-key',
});

const ANSWERS: Record<Exclude<WireErrorKind, 'bad_gateway'>, Build> = {
  rate_limited: rateLimited,
  rate_limited_no_hint: rateLimited,
  server_error: () => ({ status: 500, type: 'api_error', message: 'Internal server error' }),
  unavailable: () => ({ status: 503, type: 'api_error', message: 'Service temporarily unavailable' }),
  overloaded: () => ({ status: 529, type: 'overloaded_error', message: 'Overloaded' }),
  unauthorized: unauthorized,
  invalid_key: unauthorized,
  missing_key: () => ({ status: 401, type: 'authentication_error', message: 'x-api-key header is required' }),
  forbidden: () => ({
    status: 403,
    type: 'permission_error',
    message: 'Your API key does not have permission to use the specified resource.',
  }),
  billing: () => ({
    status: 402,
    type: 'billing_error',
    message:
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
  }),
  context_window: (context, details) => ({
    status: 400,
    type: 'invalid_request_error',
    message: `prompt is too long: ${overlongTokens(context, details)} tokens > ${context.maxInputTokens} maximum`,
  }),
  prompt_blocked: () => ({
    status: 400,
    type: 'invalid_request_error',
    message: 'Output blocked by content filtering policy',
  }),
  unknown_model: (context) => ({ status: 404, type: 'not_found_error', message: `model: ${context.model}` }),
  unknown_path: () => ({ status: 404, type: 'not_found_error', message: 'Not Found' }),
  wrong_method: () => ({ status: 405, type: 'invalid_request_error', message: 'Method Not Allowed' }),
  body_too_large: () => ({
    status: 413,
    type: 'request_too_large',
    message: 'Request exceeds the maximum size',
  }),
  invalid_json: () => ({
    status: 400,
    type: 'invalid_request_error',
    message: 'The request body is not valid JSON: expected value at line 1 column 1',
  }),
};

/** Anthropic's refusals. Source: Anthropic API "Errors" and "Rate limits", and answers quoted in public bug reports. */
export function anthropicError(
  kind: WireErrorKind,
  context: WireContext,
  details: WireErrorDetails = {},
): WireAnswer {
  const hint: Record<string, string> =
    details.retryAfterMs === undefined ? {} : { 'retry-after': retryAfterSeconds(details.retryAfterMs) };
  const answer =
    kind === 'bad_gateway'
      ? badGatewayPage('cloudflare')
      : (() => {
          const { status, ...fields } = ANSWERS[kind](context, details);
          return anthropicErrorBody(status, { ...fields, requestId: context.requestId });
        })();
  return { ...answer, headers: { ...answer.headers, ...hint } };
}
