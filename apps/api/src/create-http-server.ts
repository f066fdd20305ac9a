import type { HttpConfig } from '@sluice/contracts';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { ApiLimits } from './api-limits.ts';
import { boundConnectionsPerAddress } from './bound-connections-per-address.ts';
import { closeUnusedConnections } from './close-unused-connections.ts';
import { cutSlowReaders } from './cut-slow-readers.ts';
import { lingeringResponse } from './lingering-response.ts';
import { trackConnections } from './track-connections.ts';

/** The HTTP server of the API, not listening yet, with all bounds on connections that hold before any route is known. */
export function createHttpServer(limits: ApiLimits, http: HttpConfig, handler: RequestListener): Server {
  const server = createServer(
    {
      ServerResponse: lingeringResponse(limits),
      headersTimeout: limits.headersTimeoutMs,
      // Of the longest route; `addBodyTimeout` has the others'.
      requestTimeout: limits.uploadTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: limits.connectionCheckMs,
    },
    handler,
  );
  server.setTimeout(limits.connectionTimeoutMs);
  // Those above it are accepted and closed at once.
  server.maxConnections = http.max_connections;
  const connections = trackConnections(server);
  closeUnusedConnections(server, connections);
  server.once('listening', () => cutSlowReaders(server, connections, limits));
  if (http.max_connections_per_address !== null) {
    boundConnectionsPerAddress(server, http.max_connections_per_address);
  }
  return server;
}
