import { AddressRefusedError } from './address-refused-error.ts';
import type { Refusal } from './check-url.ts';

/** Why a call that was allowed got no answer. */
export type FailureReason =
  | 'timeout'
  | 'aborted'
  | 'too_large'
  | 'dns'
  | 'connect'
  | 'tls'
  | 'reset'
  | 'protocol'
  | 'other';

export interface Failure {
  status: 'failed';
  reason: FailureReason;
  message: string;
}

/** What an error of the HTTP client means; looks through `cause` and the attempts of an `AggregateError`. */
export function describeFailure(error: unknown): Refusal | Failure {
  const chain = [...causesOf(error)];
  const refused = chain.find((cause) => cause instanceof AddressRefusedError);
  if (refused) return { status: 'refused', reason: 'private_address', message: refused.message };
  for (const cause of chain) {
    const reason = isParserError(cause) ? 'protocol' : reasonOfCode(codeOf(cause));
    if (reason) return { status: 'failed', reason, message: messageOf(cause) };
  }
  return { status: 'failed', reason: 'other', message: messageOf(error) };
}

function* causesOf(error: unknown): Generator {
  for (let current = error, depth = 0; current instanceof Error && depth < 8; depth += 1) {
    if (current instanceof AggregateError) yield* current.errors;
    yield current;
    current = current.cause;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** undici's error for bytes that are not HTTP; its code is not set for all of them. */
function isParserError(error: unknown): boolean {
  return error instanceof Error && error.name === 'HTTPParserError';
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || codeOf(error) || error.name;
}

const REASON_OF_CODE: Readonly<Record<string, FailureReason>> = {
  ENOTFOUND: 'dns',
  ENODATA: 'dns',
  ECONNREFUSED: 'connect',
  EHOSTUNREACH: 'connect',
  EHOSTDOWN: 'connect',
  ENETUNREACH: 'connect',
  EADDRNOTAVAIL: 'connect',
  EACCES: 'connect',
  EPERM: 'connect',
  EINVAL: 'connect',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  UND_ERR_HEADERS_OVERFLOW: 'protocol',
  EPROTO: 'tls',
};

function reasonOfCode(code: string): FailureReason | null {
  const known = REASON_OF_CODE[code];
  if (known) return known;
  if (code.startsWith('EAI_')) return 'dns';
  // Certificate errors of OpenSSL carry names such as DEPTH_ZERO_SELF_SIGNED_CERT and CERT_HAS_EXPIRED.
  if (/^ERR_(TLS|SSL)_|CERT|SIGNATURE/.test(code)) return 'tls';
  return null;
}
