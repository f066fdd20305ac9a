import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { ApiError } from '@sluice/contracts';
import type { ApiDeps } from './api-deps.ts';
import { linger } from './linger.ts';
import { toErrorBody } from './to-error-body.ts';

/** Answers what is not HTTP, or too slow to arrive, before any route is known, and ends the connection. */
export function createClientErrorHandler({
  baseUrl,
  limits,
}: Pick<ApiDeps, 'baseUrl' | 'limits'>): (error: Error, socket: Socket) => void {
  return (error, socket) => {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
      socket.destroy();
      return;
    }
    const timedOut = code === 'ERR_HTTP_REQUEST_TIMEOUT';
    const tooLarge = code === 'HPE_HEADER_OVERFLOW';
    const status = timedOut
      ? '408 Request Timeout'
      : tooLarge
        ? '431 Request Header Fields Too Large'
        : '400 Bad Request';
    const message = timedOut
      ? 'The request took too long to arrive.'
      : tooLarge
        ? 'The headers are too large.'
        : 'This is not a well-formed HTTP request.';
    const requestId = `req_${randomBytes(12).toString('hex')}`;
    const apiError = new ApiError(timedOut ? 'request_timeout' : 'invalid_request', message);
    const body = JSON.stringify(toErrorBody(apiError, { requestId, baseUrl: baseUrl() }));
    socket.write(
      `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\nx-request-id: ${requestId}\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
    linger(socket, limits);
  };
}
