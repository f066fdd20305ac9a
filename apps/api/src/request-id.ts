import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const ACCEPTED = /^[A-Za-z0-9_.:/+=-]{1,128}$/;

/** The caller's `x-request-id` when it is short and plain, else a new one: it goes into logs and headers. */
export function requestId(request: Pick<IncomingMessage, 'headers'>): string {
  const sent = request.headers['x-request-id'];
  return typeof sent === 'string' && ACCEPTED.test(sent) ? sent : `req_${randomBytes(12).toString('hex')}`;
}
