import { API_ERRORS, apiErrorBodySchema, type ApiErrorCode } from '@sluice/contracts';
import type { z } from 'zod';

/** Any route may answer these. */
const EVERYWHERE: readonly ApiErrorCode[] = ['internal_error', 'redis_unavailable', 'request_timeout'];
/** Every route that needs a key may answer these. */
const AUTHENTICATED: readonly ApiErrorCode[] = [
  'missing_api_key',
  'invalid_api_key',
  'not_allowed',
  'rate_limit_exceeded',
  'too_many_failures',
  ...EVERYWHERE,
];

interface JsonResponse {
  description: string;
  content: { 'application/json': { schema: z.ZodType } };
}

/** The `response` entries of a route for the errors it may answer, grouped by status, for the OpenAPI document. */
export function errorResponses(...codes: ApiErrorCode[]): Record<number, JsonResponse> {
  const responses: Record<number, JsonResponse> = {};
  const all = new Set<ApiErrorCode>([...codes, ...AUTHENTICATED]);
  for (const status of new Set([...all].map((code) => API_ERRORS[code].status))) {
    const ofStatus = [...all].filter((code) => API_ERRORS[code].status === status);
    responses[status] = {
      description: ofStatus.map((code) => `\`${code}\`: ${API_ERRORS[code].todo}`).join('\n\n'),
      content: { 'application/json': { schema: apiErrorBodySchema } },
    };
  }
  return responses;
}
