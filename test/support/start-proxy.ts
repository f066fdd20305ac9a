import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Proxy {
  url: string;
  close(): void;
}

/**
 * A server between a client and `target`. Every request reaches the target; `meddle` is called when its answer has
 * begun, and by returning true takes it on itself to answer, or not to answer, the client.
 */
export async function startProxy(
  target: string,
  meddle: (request: IncomingMessage, response: ServerResponse) => boolean,
): Promise<Proxy> {
  const server = createServer((request, response) => {
    const { method, headers } = request;
    const onward = send(`${target}${request.url}`, { method: method as string, headers }, (answer) => {
      if (meddle(request, response)) return answer.resume();
      response.writeHead(answer.statusCode as number, answer.headers);
      return answer.pipe(response);
    });
    onward.on('error', (error) => response.destroy(error));
    request.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
