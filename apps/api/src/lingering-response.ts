import { ServerResponse, type IncomingMessage } from 'node:http';
import type { ApiLimits } from './api-limits.ts';
import { linger } from './linger.ts';

/** A body of this length is awaited, so that a refused request does not cost its caller the connection. */
const SHORT_BYTES = 64 * 1024;

/**
 * The class of a server's responses, Node's own answers included: one that is out before its request's body has arrived
 * (a refusal, mostly) says `Connection: close`, and is the last thing that happens on its connection. Node alone would
 * go on reading such a body and throw it away, without end.
 */
export function lingeringResponse(
  limits: Pick<ApiLimits, 'lingerMaxBytes' | 'lingerTimeoutMs'>,
): typeof ServerResponse {
  return class<Request extends IncomingMessage> extends ServerResponse<Request> {
    constructor(...args: ConstructorParameters<typeof ServerResponse<Request>>) {
      super(...args);
      // Comes before Node's own listener, which would close the connection at once.
      this.once('finish', () => {
        if (this.req.complete) return;
        if (bodyIsLong(this.req)) linger(this.req.socket, limits, this.req);
        else awaitRest(this.req, limits.lingerTimeoutMs);
      });
    }

    override writeHead(statusCode: number, ...rest: unknown[]): this {
      if (!this.req.complete && bodyIsLong(this.req)) this.setHeader('connection', 'close');
      return super.writeHead(statusCode, ...(rest as []));
    }
  };
}

function bodyIsLong({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > SHORT_BYTES;
}

/** Throws the rest of a body away; cuts the connection when it takes too long to come. */
function awaitRest(request: IncomingMessage, timeoutMs: number): void {
  const { socket } = request;
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  const stop = (): void => {
    clearTimeout(timer);
    socket.off('close', stop);
  };
  request.once('end', stop).resume();
  socket.once('close', stop);
}
