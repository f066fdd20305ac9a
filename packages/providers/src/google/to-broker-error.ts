import type { AttemptError, AttemptErrorCode } from '@sluice/contracts';
import { z } from 'zod';
import type { CallMonitor } from '../call/call-monitor.ts';
import { errorOfStatus } from '../errors/error-of-status.ts';
import { retryAfterMs } from '../errors/retry-after-ms.ts';
import { transportError } from '../errors/transport-error.ts';
import { GoogleHttpError } from './google-transport.ts';

/** Source: google.rpc.RetryInfo and google.rpc.ErrorInfo in JSON. */
const detailSchema = z.object({
  '@type': z.string().catch(''),
  retryDelay: z.string().optional().catch(undefined),
  reason: z.string().optional().catch(undefined),
});
type Detail = z.infer<typeof detailSchema>;

/** What the transport threw, as the broker's error. */
export function toBrokerError(
  error: unknown,
  { vendor, monitor }: { vendor: string; monitor: CallMonitor },
): AttemptError {
  if (!(error instanceof GoogleHttpError))
    return transportError({ vendor, error, answered: monitor.answered() });
  const details = error.details
    .map((raw) => detailSchema.safeParse(raw).data)
    .filter((detail) => detail !== undefined);
  const refusal = errorOfStatus({
    vendor,
    status: error.status,
    text: error.message,
    retryAfterMs: retryInfoMs(details) ?? retryAfterMs(error.header),
    code: codeOf(error.message, details),
  });
  const isPlace = /user location is not supported/i.test(error.message);
  return isPlace ? { ...refusal, failover: true } : refusal;
}

/** `retryDelay: "34.07s"`. */
function retryInfoMs(details: readonly Detail[]): number | null {
  const delay = details.find((detail) => detail['@type'].endsWith('google.rpc.RetryInfo'))?.retryDelay;
  const match = /^(\d+(?:\.\d+)?)s$/.exec(delay ?? '');
  return match ? Math.ceil(Number(match[1]) * 1_000) : null;
}

/** A bad key is an INVALID_ARGUMENT with status 400 like any other; only the details tell. */
function codeOf(message: string, details: readonly Detail[]): AttemptErrorCode | null {
  const isKey = details.some(
    (detail) => detail.reason === 'API_KEY_INVALID' || detail.reason === 'API_KEY_SERVICE_BLOCKED',
  );
  if (isKey || /api key (not valid|expired)/i.test(message)) return 'auth';
  const isBilling =
    details.some((detail) => detail.reason === 'BILLING_DISABLED') ||
    /prepayment credits are depleted|requires billing to be enabled/i.test(message);
  return isBilling ? 'billing' : null;
}
