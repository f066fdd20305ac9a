import { APIConnectionTimeoutError, APIError } from '@anthropic-ai/sdk';
import type { AttemptError, AttemptErrorCode } from '@sluice/contracts';
import { z } from 'zod';
import type { CallMonitor } from '../call/call-monitor.ts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';
import { errorOfStatus } from '../errors/error-of-status.ts';
import { retryAfterMs } from '../errors/retry-after-ms.ts';
import { transportError } from '../errors/transport-error.ts';

/** Source: Anthropic API reference, "Errors". The status that each type comes with outside a stream. */
const STATUS_OF_TYPE: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

const bodySchema = z.object({
  error: z.object({ type: z.string().catch(''), message: z.string().catch('') }),
});

/** What the Anthropic SDK threw, as the broker's error. */
export function toBrokerError(
  error: unknown,
  { vendor, monitor }: { vendor: string; monitor: CallMonitor },
): AttemptError {
  if (!(error instanceof APIError) || (error.status === undefined && error.error === undefined)) {
    return error instanceof APIConnectionTimeoutError
      ? attemptErrorOf({ code: 'timeout', message: `${vendor}: ${error.message}` })
      : transportError({ vendor, error, answered: monitor.answered() });
  }
  return errorOfBody(error.error, {
    vendor,
    status: error.status,
    fallbackText: error.message.replace(/^\d{3} /, ''),
    retryAfterMs: retryAfterMs((name) => error.headers?.get(name)),
  });
}

/** An error object of the vendor; without a status, inside a stream or a batch, its type stands for one. */
export function errorOfBody(
  body: unknown,
  {
    vendor,
    status,
    fallbackText = '',
    retryAfterMs: waitMs = null,
  }: { vendor: string; status?: number | undefined; fallbackText?: string; retryAfterMs?: number | null },
): AttemptError {
  const parsed = bodySchema.safeParse(body);
  const { type, message } = parsed.success ? parsed.data.error : { type: '', message: '' };
  const facts = {
    vendor,
    text: message || fallbackText,
    retryAfterMs: waitMs,
    code: codeOfText(message),
  };
  return status === undefined
    ? errorOfStatus({ ...facts, status: STATUS_OF_TYPE[type] ?? 500, answeredStatus: 200 })
    : errorOfStatus({ ...facts, status });
}

/** An account without money is an `invalid_request_error` like any other; only its text tells. */
function codeOfText(message: string): AttemptErrorCode | null {
  if (/credit balance is too low/i.test(message)) return 'billing';
  if (/blocked by content filtering policy/i.test(message)) return 'content_filter';
  return null;
}
