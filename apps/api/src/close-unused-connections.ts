import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** A request may be on its way as long as this after connecting. */
const UNUSED_AFTER_MS = 1_000;

/**
 * From now on `server.closeIdleConnections()` closes connections on which nothing has ever been sent too. Clients open
 * such to have them at hand; Node takes them for busy, and one would hold the closing of the server up.
 */
export function closeUnusedConnections(server: Server, connections: ReadonlyMap<Socket, number>): void {
  const closeIdle = server.closeIdleConnections.bind(server);
  server.closeIdleConnections = () => {
    closeIdle();
    const before = performance.now() - UNUSED_AFTER_MS;
    for (const [socket, openedAtMs] of connections) {
      if (socket.bytesRead === 0 && openedAtMs < before) socket.destroy();
    }
  };
}
