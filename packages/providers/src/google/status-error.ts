import type { AttemptError } from '@sluice/contracts';
import { errorOfStatus } from '../errors/error-of-status.ts';
import { codeOfDetails, retryInfoMs } from './error-details.ts';

/** HTTP status of a google.rpc.Code. Source: google/rpc/code.proto. */
const HTTP_STATUSES: Readonly<Record<number, number>> = {
  1: 499,
  2: 500,
  3: 400,
  4: 504,
  5: 404,
  6: 409,
  7: 403,
  8: 429,
  9: 400,
  10: 409,
  11: 400,
  12: 501,
  13: 500,
  14: 503,
  15: 500,
  16: 401,
};

/** A google.rpc.Status within an answer as the broker's error. Its code may also be that of HTTP. */
export function statusError(
  { code, message, details }: { code: number; message: string; details: readonly unknown[] },
  vendor: string,
): AttemptError {
  return errorOfStatus({
    vendor,
    status: HTTP_STATUSES[code] ?? (code >= 400 && code < 600 ? code : 500),
    answeredStatus: 200,
    text: message,
    retryAfterMs: retryInfoMs(details),
    code: codeOfDetails(message, details),
  });
}
