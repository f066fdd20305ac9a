import { badGatewayPage } from '../bad-gateway-page.ts';
import { overlongTokens } from '../overlong-tokens.ts';
import type { WireAnswer, WireContext, WireErrorDetails, WireErrorKind } from '../vendor-wire.ts';
import { googleErrorBody, type GoogleErrorFields } from './google-error-body.ts';

type Known = { code: number } & GoogleErrorFields;

const SERVICE = 'generativelanguage.googleapis.com';

function errorInfo(reason: string): object {
  return {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason,
    domain: 'googleapis.com',
    metadata: { service: SERVICE },
  };
}

/** Gemini tells its wait in the body (`RetryInfo`), not in a header. */
function quotaExceeded({ model }: WireContext, { refusal, retryAfterMs }: WireErrorDetails): Known {
  const tokens = refusal?.dimension === 'tokens';
  const details: object[] = [
    {
      '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
      violations: [
        {
          quotaMetric: `${SERVICE}/generate_content_${tokens ? 'paid_tier_input_token_count' : 'paid_tier_requests'}`,
          quotaId: tokens
            ? 'GenerateContentPaidTierInputTokensPerModelPerMinute'
            : 'GenerateRequestsPerMinutePerProjectPerModel',
          quotaDimensions: { location: 'global', model },
          quotaValue: String(refusal?.stated ?? 1_000),
        },
      ],
    },
    {
      '@type': 'type.googleapis.com/google.rpc.Help',
      links: [
        {
          description: 'Learn more about Gemini API quotas',
          url: 'https://ai.google.dev/gemini-api/docs/rate-limits',
        },
      ],
    },
  ];
  if (retryAfterMs !== undefined) {
    details.push({
      '@type': 'type.googleapis.com/google.rpc.RetryInfo',
      retryDelay: `${Number((Math.ceil(retryAfterMs) / 1_000).toFixed(3))}s`,
    });
  }
  return {
    code: 429,
    status: 'RESOURCE_EXHAUSTED',
    message:
      'You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.',
    details,
  };
}

type Build = (context: WireContext, details: WireErrorDetails) => Known;

const rateLimited: Build = (context, details) => quotaExceeded(context, details);

const unavailable: Build = () => ({
  code: 503,
  status: 'UNAVAILABLE',
  message: 'The model is overloaded. Please try again later.',
});

const unknownPath: Build = () => ({
  code: 404,
  status: 'NOT_FOUND',
  message: 'Requested entity was not found.',
});

const ANSWERS: Record<Exclude<WireErrorKind, 'bad_gateway'>, Build> = {
  rate_limited: rateLimited,
  rate_limited_no_hint: rateLimited,
  server_error: () => ({
    code: 500,
    status: 'INTERNAL',
    message:
      'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
  }),
  unavailable: unavailable,
  overloaded: unavailable,
  invalid_key: () => ({
    code: 400,
    status: 'INVALID_ARGUMENT',
    message: 'API key not valid. Please pass a valid API key.',
    details: [
      errorInfo('API_KEY_INVALID'),
      {
        '@type': 'type.googleapis.com/google.rpc.LocalizedMessage',
        locale: 'en-US',
        message: 'API key not valid. Please pass a valid API key.',
      },
    ],
  }),
  unauthorized: () => ({
    code: 401,
    status: 'UNAUTHENTICATED',
    message:
      'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    details: [errorInfo('ACCESS_TOKEN_TYPE_UNSUPPORTED')],
  }),
  missing_key: () => ({
    code: 403,
    status: 'PERMISSION_DENIED',
    message:
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
  }),
  forbidden: () => ({
    code: 403,
    status: 'PERMISSION_DENIED',
    message: 'The caller does not have permission',
  }),
  billing: () => ({
    code: 403,
    status: 'PERMISSION_DENIED',
    message:
      'This API method requires billing to be enabled. Please enable billing on project #0 by visiting https://console.developers.google.com/billing/enable?project=0 then retry.',
    details: [errorInfo('BILLING_DISABLED')],
  }),
  context_window: (context, details) => ({
    code: 400,
    status: 'INVALID_ARGUMENT',
    message: `The input token count (${overlongTokens(context, details)}) exceeds the maximum number of tokens allowed (${context.maxInputTokens}).`,
  }),
  // Never answered as an error: see `google-content.ts`.
  prompt_blocked: () => ({
    code: 400,
    status: 'INVALID_ARGUMENT',
    message: 'Request contains an invalid argument.',
  }),
  unknown_model: (context) => ({
    code: 404,
    status: 'NOT_FOUND',
    message: `models/${context.model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`,
  }),
  unknown_path: unknownPath,
  wrong_method: unknownPath,
  body_too_large: () => ({
    code: 400,
    status: 'INVALID_ARGUMENT',
    message: 'Request payload size exceeds the limit: 20971520 bytes.',
  }),
  invalid_json: () => ({
    code: 400,
    status: 'INVALID_ARGUMENT',
    message: 'Invalid JSON payload received. Unexpected end of string.',
  }),
};

/** Google's refusals. Source: Gemini API "Troubleshooting" and answers quoted in public bug reports. */
export function googleError(
  kind: WireErrorKind,
  context: WireContext,
  details: WireErrorDetails = {},
): WireAnswer {
  if (kind === 'bad_gateway') return badGatewayPage('Google Frontend');
  const { code, ...fields } = ANSWERS[kind](context, details);
  return googleErrorBody(code, fields);
}
