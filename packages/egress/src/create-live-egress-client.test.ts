import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLiveEgressClient } from './create-live-egress-client.ts';

const OPEN = { allowPrivateNetwork: false, allowCidrs: ['127.0.0.0/8', '::1/128'] };
const CLOSED = { allowPrivateNetwork: false, allowCidrs: [] };
const CALL = { headers: {}, body: '', timeoutMs: 10_000 };

let server: Server;
let url: string;
const waiting: ServerResponse[] = [];
beforeEach(async () => {
  server = createServer((request, response) => {
    if (request.url === '/slow') waiting.push(response);
    else response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A name, so that only the connection's own address is looked at.
  url = `http://localhost:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

test('changed rules hold for the next call, also where a connection still stands; what is under way ends well', async () => {
  let rules = OPEN;
  const egress = createLiveEgressClient(() => rules);
  try {
    expect(await egress.post(url, CALL)).toMatchObject({ status: 'answered' });
    const slow = egress.post(`${url}/slow`, CALL);
    await expect.poll(() => waiting.length).toBe(1);
    rules = CLOSED;
    expect(await egress.post(url, CALL)).toMatchObject({ status: 'refused' });
    waiting[0]?.end();
    expect(await slow).toMatchObject({ status: 'answered' });
    rules = { ...OPEN };
    expect(await egress.post(url, CALL)).toMatchObject({ status: 'answered' });
  } finally {
    await egress.close();
  }
});
