import { causeChain } from './cause-chain.ts';

/** Failures before the first byte of a request left. */
const CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_HAS_EXPIRED',
]);

/** Whether the request can't have reached the vendor: no connection came to stand. */
export function wasNeverSent(error: unknown): boolean {
  return causeChain(error).some((cause) => {
    const { code } = cause as { code?: unknown };
    return typeof code === 'string' && CODES.has(code);
  });
}
