import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A TCP connection to a server, to send it what no HTTP client would. Close it, or wait for the server to. */
export interface RawConnection {
  socket: Socket;
  /** What the server has sent so far, as Latin-1. */
  received(): string;
  /** Status codes of the answers so far. */
  statuses(): string[];
  isClosed(): boolean;
  /** Resolves when both sides are closed. */
  closed: Promise<void>;
  /** Waits for room; resolves early, and silently, when the connection closes. */
  send(bytes: string | Uint8Array): Promise<void>;
}

export async function openRawConnection(
  url: string,
  { allowHalfOpen = false }: { allowHalfOpen?: boolean } = {},
): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen });
  let received = '';
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.setEncoding('latin1').on('data', (text: string) => (received += text));
  // A reset is one way of closing.
  socket.on('error', () => undefined);
  await Promise.race([once(socket, 'connect'), closed]);
  return {
    socket,
    received: () => received,
    statuses: () => [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => code ?? ''),
    isClosed: () => socket.closed,
    closed,
    async send(bytes) {
      if (socket.destroyed || !socket.writable) return;
      const written = typeof bytes === 'string' ? socket.write(bytes, 'latin1') : socket.write(bytes);
      if (!written) await Promise.race([once(socket, 'drain').catch(() => undefined), closed]);
    },
  };
}
