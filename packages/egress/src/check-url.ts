import { isIP } from 'node:net';
import { checkAddress } from './check-address.ts';
import { DEFAULT_PORTS, type EgressPolicy } from './egress-policy.ts';

/** Why a URL is not called: it will not become better by trying again. */
export type RefusalReason =
  | 'invalid_url'
  | 'unsupported_scheme'
  | 'credentials_in_url'
  | 'port_not_allowed'
  | 'private_address';

export interface Refusal {
  status: 'refused';
  reason: RefusalReason;
  /** One sentence for people. */
  message: string;
}

export type UrlVerdict = { status: 'ok'; url: URL } | Refusal;

/**
 * Decides on a URL by its text alone: scheme, credentials, port, and the host when it is an IP address in any form that
 * `new URL()` understands (`2130706433`, `0x7f.1`, `[::ffff:7f00:1]`, …). Names are not resolved: that happens
 * when the connection is made.
 */
export function checkUrl(text: string, policy: EgressPolicy): UrlVerdict {
  if (!URL.canParse(text)) return refuse('invalid_url', 'The URL is malformed or has no host.');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return refuse(
      'unsupported_scheme',
      `The scheme must be http or https, not ${url.protocol.slice(0, -1)}.`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    return refuse('credentials_in_url', 'The URL must not carry a user name or password.');
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (host === '') return refuse('invalid_url', 'The URL is malformed or has no host.');
  if (isIP(host) !== 0) {
    const verdict = checkAddress(host, policy);
    if (verdict.status === 'refused') {
      return refuse('private_address', `${host} is a ${verdict.kind} address, which may not be called.`);
    }
  }
  const port = Number(url.port || (url.protocol === 'http:' ? 80 : 443));
  const ports = policy.allowPorts ?? DEFAULT_PORTS;
  if (!ports.some(({ from, to }) => port >= from && port <= to)) {
    return refuse('port_not_allowed', `Port ${port} may not be called.`);
  }
  return { status: 'ok', url };
}

function refuse(reason: RefusalReason, message: string): Refusal {
  return { status: 'refused', reason, message };
}
