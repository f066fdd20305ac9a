import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** When each open connection of the server was made, by the monotonic clock; kept up to date until it closes. */
export function trackConnections(server: Server): ReadonlyMap<Socket, number> {
  const openedAtMs = new Map<Socket, number>();
  server.on('connection', (socket: Socket) => {
    openedAtMs.set(socket, performance.now());
    socket.once('close', () => openedAtMs.delete(socket));
  });
  return openedAtMs;
}
