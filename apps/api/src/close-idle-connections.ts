import type { Server } from 'node:http';

const LOOK_EVERY_MS = 50;

/**
 * Closes connections as they become idle, until the server has closed: one that is kept open after the last answer
 * would hold the closing up for as long as it is kept. Does nothing for a server that does not listen.
 */
export function closeIdleConnections(server: Server): void {
  if (!server.listening) return;
  const timer = setInterval(() => server.closeIdleConnections(), LOOK_EVERY_MS);
  server.once('close', () => clearInterval(timer));
}
