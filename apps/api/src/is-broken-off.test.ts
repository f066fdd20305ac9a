import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { isBrokenOff } from './is-broken-off.ts';

test('a caller that goes away in the middle of its body has broken off; a connection of ours that is lost has not', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n{}');
  const [request] = (await once(server, 'request')) as [IncomingMessage];
  const lost = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  expect(isBrokenOff(lost, request)).toBe(false);
  socket.destroy();
  let broken: unknown;
  try {
    for await (const _piece of request);
  } catch (error) {
    broken = error;
  }
  expect(broken).toMatchObject({ code: 'ECONNRESET' });
  expect(isBrokenOff(broken, request)).toBe(true);
  expect(isBrokenOff(lost, request)).toBe(false);
  server.close();
});
