import type { AttemptError, AttemptErrorCode } from '@sluice/contracts';
import { z } from 'zod';
import { errorOfStatus } from '../errors/error-of-status.ts';

/** The `error` object of an answer. Servers put numbers, strings or nothing into `code`. */
const errorObjectSchema = z.object({
  message: z.string().catch(''),
  type: z.string().nullish().catch(null),
  code: z.union([z.string(), z.number()]).nullish().catch(null),
  metadata: z.object({ flagged_input: z.unknown() }).nullish().catch(null),
});

/** Source: OpenAI's guide "Error codes"; the last rows are Azure's, OpenRouter's and vLLM's words. */
const CODES: Readonly<Record<string, AttemptErrorCode>> = {
  insufficient_quota: 'billing',
  billing_hard_limit_reached: 'billing',
  billing_not_active: 'billing',
  invalid_api_key: 'auth',
  invalid_authentication: 'auth',
  context_length_exceeded: 'context_window',
  rate_limit_exceeded: 'rate_limited',
  content_policy_violation: 'content_filter',
  invalid_prompt: 'content_filter',
  server_error: 'server_error',
  server_is_overloaded: 'overloaded',
  slow_down: 'overloaded',
  content_filter: 'content_filter',
  overloaded_error: 'overloaded',
  internal_error: 'server_error',
  InternalServerError: 'server_error',
};

/** Statuses at which a word in the body says more than the status. */
const WORD_WINS: ReadonlySet<number> = new Set([400, 403, 404, 413, 422, 429]);

export interface ApiErrorFacts {
  vendor: string;
  /** Null for an error inside an answer that began as a success. */
  status: number | null;
  /** The vendor's `error` object, if there was one. */
  error: unknown;
  /** What the SDK made of an answer without an `error` object. */
  fallbackText: string;
  retryAfterMs: number | null;
}

/** An OpenAI-style error as the broker's. */
export function apiError({ vendor, status, error, fallbackText, retryAfterMs }: ApiErrorFacts): AttemptError {
  const parsed = errorObjectSchema.safeParse(typeof error === 'string' ? { message: error } : error);
  const { message = fallbackText, type = null, code = null, metadata } = parsed.success ? parsed.data : {};
  // OpenRouter's 403 for a flagged prompt says nothing against the key.
  const flagged = metadata?.flagged_input === undefined ? undefined : 'content_filter';
  const word =
    flagged ?? [code, type].map((text) => CODES[String(text)]).find((found) => found !== undefined) ?? null;
  if (status !== null) {
    const known = WORD_WINS.has(status) ? word : null;
    return errorOfStatus({ vendor, status, text: message || fallbackText, retryAfterMs, code: known });
  }
  // OpenRouter writes the upstream's status into `code`.
  const meant = Number(code);
  const stands = Number.isInteger(meant) && meant >= 400 && meant < 600 ? meant : null;
  return errorOfStatus({
    vendor,
    status: stands ?? (type === 'invalid_request_error' ? 400 : 500),
    answeredStatus: 200,
    text: message,
    retryAfterMs,
    code: word,
  });
}
