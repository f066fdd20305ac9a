import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { ApiLimits } from './api-limits.ts';

/**
 * Ends a connection on which the last answer has been written while its caller may still be sending. Closing at once
 * would reset it, and a caller that sends its whole body before it reads would lose the answer; so what still comes is
 * thrown away, unread as HTTP, for a bounded number of bytes and time, or until the caller has closed too. `request`
 * (whose body it was) is destroyed with the connection, so that whoever still reads it is told.
 */
export function linger(
  socket: Socket,
  { lingerMaxBytes, lingerTimeoutMs }: Pick<ApiLimits, 'lingerMaxBytes' | 'lingerTimeoutMs'>,
  request?: IncomingMessage,
): void {
  // Node calls it after an answer with `Connection: close`.
  socket.destroySoon = () => undefined;
  socket.end();

  let left = lingerMaxBytes;
  // The HTTP parser's is among them: no request that follows on this connection is looked at.
  socket.removeAllListeners('data');
  socket.on('data', ({ length }: Buffer) => {
    left -= length;
    if (left < 0) socket.destroy();
  });
  socket.resume();

  const timer = setTimeout(() => socket.destroy(), lingerTimeoutMs);
  socket.once('close', () => {
    clearTimeout(timer);
    request?.destroy();
  });
}
