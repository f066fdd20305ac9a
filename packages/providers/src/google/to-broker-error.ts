import type { AttemptError } from '@sluice/contracts';
import type { CallMonitor } from '../call/call-monitor.ts';
import { errorOfStatus } from '../errors/error-of-status.ts';
import { retryAfterMs } from '../errors/retry-after-ms.ts';
import { transportError } from '../errors/transport-error.ts';
import { codeOfDetails, retryInfoMs } from './error-details.ts';
import { GoogleHttpError } from './google-transport.ts';

/** What the transport threw, as the broker's error. */
export function toBrokerError(
  error: unknown,
  { vendor, monitor }: { vendor: string; monitor: CallMonitor },
): AttemptError {
  if (!(error instanceof GoogleHttpError))
    return transportError({ vendor, error, answered: monitor.answered() });
  const { details } = error;
  const refusal = errorOfStatus({
    vendor,
    status: error.status,
    text: error.message,
    retryAfterMs: retryInfoMs(details) ?? retryAfterMs(error.header),
    code: codeOfDetails(error.message, details),
  });
  const isPlace = /user location is not supported/i.test(error.message);
  return isPlace ? { ...refusal, failover: true } : refusal;
}
