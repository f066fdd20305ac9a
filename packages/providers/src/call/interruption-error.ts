import type { AttemptError } from '@sluice/contracts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';
import type { Interruption } from './call-monitor.ts';

/** The error of a call that was cancelled, or that a clock or a size cap ended. */
export function interruptionError(vendor: string, interruption: Interruption): AttemptError {
  if (interruption.kind === 'cancelled') {
    return attemptErrorOf({ code: 'cancelled', message: `The call of ${vendor} was cancelled.` });
  }
  if (interruption.kind === 'too_large') {
    return attemptErrorOf({
      code: 'malformed_response',
      message: `${vendor} sent more than the ${interruption.limitBytes} bytes that an answer may have.`,
    });
  }
  const { which, limitMs } = interruption;
  return attemptErrorOf({
    code: 'timeout',
    message: `${vendor} exceeded the ${which} timeout of ${limitMs} ms.`,
  });
}
