import { createServer, type RequestListener, type Server } from 'node:http';
import type { ApiLimits } from './api-limits.ts';
import { closeUnusedConnections } from './close-unused-connections.ts';
import { lingeringResponse } from './lingering-response.ts';

/** The HTTP server of the API, not listening yet, with all bounds on connections that hold before any route is known. */
export function createHttpServer(limits: ApiLimits, handler: RequestListener): Server {
  const server = createServer(
    {
      ServerResponse: lingeringResponse(limits),
      // Of the longest route; `addBodyTimeout` has the others'.
      requestTimeout: limits.uploadTimeoutMs,
      headersTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
    },
    handler,
  );
  server.setTimeout(limits.connectionTimeoutMs);
  closeUnusedConnections(server);
  return server;
}
