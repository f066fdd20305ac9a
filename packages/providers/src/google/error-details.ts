import type { AttemptErrorCode } from '@sluice/contracts';
import { z } from 'zod';

/** Source: google.rpc.RetryInfo and google.rpc.ErrorInfo in JSON. */
const detailSchema = z.object({
  '@type': z.string().catch(''),
  retryDelay: z.string().optional().catch(undefined),
  reason: z.string().optional().catch(undefined),
});
type Detail = z.infer<typeof detailSchema>;

function read(details: readonly unknown[]): Detail[] {
  return details.map((raw) => detailSchema.safeParse(raw).data).filter((detail) => detail !== undefined);
}

/** `retryDelay: "34.07s"`. */
export function retryInfoMs(details: readonly unknown[]): number | null {
  const delay = read(details).find((detail) => detail['@type'].endsWith('google.rpc.RetryInfo'))?.retryDelay;
  const match = /^(\d+(?:\.\d+)?)s$/.exec(delay ?? '');
  return match ? Math.ceil(Number(match[1]) * 1_000) : null;
}

/** A bad key is an INVALID_ARGUMENT with status 400 like any other; only the details tell. */
export function codeOfDetails(message: string, raw: readonly unknown[]): AttemptErrorCode | null {
  const details = read(raw);
  const isKey = details.some(
    (detail) => detail.reason === 'API_KEY_INVALID' || detail.reason === 'API_KEY_SERVICE_BLOCKED',
  );
  if (isKey || /api key (not valid|expired)/i.test(message)) return 'auth';
  const isBilling =
    details.some((detail) => detail.reason === 'BILLING_DISABLED') ||
    /prepayment credits are depleted|requires billing to be enabled/i.test(message);
  return isBilling ? 'billing' : null;
}
