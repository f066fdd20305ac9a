import type { AttemptError } from '@sluice/contracts';
import { APIConnectionTimeoutError, APIError } from 'openai';
import type { CallMonitor } from '../call/call-monitor.ts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';
import { retryAfterMs } from '../errors/retry-after-ms.ts';
import { transportError } from '../errors/transport-error.ts';
import { apiError } from './api-error.ts';

/** What the openai SDK threw, as the broker's error. */
export function toBrokerError(
  error: unknown,
  { vendor, monitor }: { vendor: string; monitor: CallMonitor },
): AttemptError {
  if (error instanceof APIConnectionTimeoutError) {
    return attemptErrorOf({ code: 'timeout', message: `${vendor}: ${error.message}` });
  }
  if (error instanceof APIError && (error.status !== undefined || error.error !== undefined)) {
    return apiError({
      vendor,
      status: error.status ?? null,
      error: error.error,
      fallbackText: error.message.replace(/^\d{3} /, ''),
      retryAfterMs: retryAfterMs((name) => error.headers?.get(name)),
    });
  }
  return transportError({ vendor, error, answered: monitor.answered() });
}
