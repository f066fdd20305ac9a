import { badGatewayPage } from '../bad-gateway-page.ts';
import { retryAfterSeconds } from '../retry-after-seconds.ts';
import { overlongTokens } from '../overlong-tokens.ts';
import type { WireAnswer, WireContext, WireErrorDetails, WireErrorKind } from '../vendor-wire.ts';
import { openaiErrorBody, type OpenaiErrorFields } from './openai-error-body.ts';

type Known = { status: number } & OpenaiErrorFields;

const invalid = 'invalid_request_error';
const FAILED = 'The server had an error while processing your request. Sorry about that!';
const OVERLOADED =
  'The server is currently overloaded with other requests. Sorry about that! You can retry your request, or contact us through our help center at help.openai.com if the error persists.';

function rateLimitFields(
  { model }: WireContext,
  { refusal, retryAfterMs = 0 }: WireErrorDetails,
): OpenaiErrorFields {
  const unit = refusal?.dimension === 'tokens' ? 'tokens per min (TPM)' : 'requests per min (RPM)';
  const limit = refusal?.stated ?? 500;
  const wait =
    retryAfterMs < 1_000 ? `${Math.ceil(retryAfterMs)}ms` : `${(retryAfterMs / 1_000).toFixed(3)}s`;
  return {
    message: `Rate limit reached for ${model} in organization org-simulated on ${unit}: Limit ${limit}, Used ${limit}, Requested 1. Please try again in ${wait}. Visit https://platform.openai.com/account/rate-limits to learn more.`,
    type: refusal?.dimension === 'tokens' ? 'tokens' : 'requests',
    code: 'rate_limit_exceeded',
  };
}

type Build = (context: WireContext, details: WireErrorDetails) => Known;

const rateLimited: Build = (context, details) => ({ status: 429, ...rateLimitFields(context, details) });

const unavailable: Build = () => ({ status: 503, message: OVERLOADED, type: 'server_error' });

const unauthorized: Build = (_context, details) => ({
  status: 401,
  message: `Incorrect API key provided: ${details.key ?? '***'}. You can find your API key at https://platform.openai.com/account/api-keys.`,
  type: invalid,
  code: 'invalid_api_key',
});

const ANSWERS: Record<Exclude<WireErrorKind, 'bad_gateway'>, Build> = {
  rate_limited: rateLimited,
  rate_limited_no_hint: rateLimited,
  server_error: () => ({ status: 500, message: FAILED, type: 'server_error' }),
  unavailable: unavailable,
  overloaded: unavailable,
  unauthorized: unauthorized,
  invalid_key: unauthorized,
  missing_key: () => ({
    status: 401,
    message:
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the API from your browser and are prompted for a username and password. You can obtain an API key from https://platform.openai.com/account/api-keys.",
    type: invalid,
  }),
  forbidden: (context) => ({
    status: 403,
    message: `Project \`proj_simulated\` does not have access to model \`${context.model}\``,
    type: invalid,
    code: 'model_not_found',
  }),
  billing: () => ({
    status: 429,
    message:
      'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.',
    type: 'insufficient_quota',
    code: 'insufficient_quota',
  }),
  context_window: (context, details) => ({
    status: 400,
    message: `This model's maximum context length is ${context.maxInputTokens} tokens. However, your messages resulted in ${overlongTokens(context, details)} tokens. Please reduce the length of the messages.`,
    type: invalid,
    param: 'messages',
    code: 'context_length_exceeded',
  }),
  prompt_blocked: () => ({
    status: 400,
    message:
      'Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a different prompt: https://platform.openai.com/docs/guides/reasoning#advice-on-prompting',
    type: invalid,
    code: 'invalid_prompt',
  }),
  unknown_model: (context) => ({
    status: 404,
    message: `The model \`${context.model}\` does not exist or you do not have access to it.`,
    type: invalid,
    code: 'model_not_found',
  }),
  unknown_path: (_context, details) => ({
    status: 404,
    message: `Invalid URL (${details.method} ${details.path})`,
    type: invalid,
  }),
  wrong_method: (_context, details) => ({
    status: 405,
    message: `Not allowed to ${details.method} on ${details.path}. (HINT: Perhaps you meant to use a different HTTP method?)`,
    type: invalid,
    code: 'method_not_supported',
  }),
  body_too_large: () => ({
    status: 413,
    message: 'Request body is too large.',
    type: invalid,
    code: 'request_too_large',
  }),
  invalid_json: () => ({
    status: 400,
    message:
      "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble figuring out how to fix this, please contact us through our help center at help.openai.com.)",
    type: invalid,
  }),
};

/** OpenAI's refusals, word by word. Source: OpenAI "Error codes" guide and answers quoted in public bug reports. */
export function openaiError(
  kind: WireErrorKind,
  context: WireContext,
  details: WireErrorDetails = {},
): WireAnswer {
  const { retryAfterMs } = details;
  const hint: Record<string, string> =
    retryAfterMs === undefined
      ? {}
      : { 'retry-after': retryAfterSeconds(retryAfterMs), 'retry-after-ms': String(Math.ceil(retryAfterMs)) };
  if (kind === 'bad_gateway') {
    const page = badGatewayPage('cloudflare');
    return { ...page, headers: { ...page.headers, ...hint } };
  }
  const { status, ...fields } = ANSWERS[kind](context, details);
  const answer = openaiErrorBody(status, fields);
  return { ...answer, headers: { ...answer.headers, ...hint } };
}
