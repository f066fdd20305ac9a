import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface RecordedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** The exact bytes, as text. */
  body: string;
}

/** Answers one request; the bytes are the test's. */
export type ScriptedAnswer = (response: ServerResponse) => void;

/** A vendor that does what a test says, byte by byte, and keeps what it was sent. */
export interface ScriptedVendorServer {
  readonly origin: string;
  readonly requests: RecordedRequest[];
  /** How every request is answered from now on. */
  answer(script: ScriptedAnswer): void;
  /** Resolves when a client has closed its connection before the answer was complete. */
  hungUp(): Promise<void>;
  close(): Promise<void>;
}

export async function scriptedVendorServer(): Promise<ScriptedVendorServer> {
  const requests: RecordedRequest[] = [];
  const sockets = new Set<Socket>();
  const hungUp = Promise.withResolvers<void>();
  let script: ScriptedAnswer = (response) => response.writeHead(501).end();

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    response.on('close', () => {
      if (!response.writableFinished) hungUp.resolve();
    });
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      requests.push({ method, path: url, headers, body: Buffer.concat(chunks).toString() });
      script(response);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer(next) {
      script = next;
    },
    hungUp: () => hungUp.promise,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
