import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { AddressRefusedError } from './address-refused-error.ts';
import { createGuardedConnect } from './create-guarded-connect.ts';

test('the address of the connected socket is checked once more', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  let reads = 0;
  // Answers a public address to the check of the lookup, and loopback to the socket.
  const answer = {
    family: 4,
    get address() {
      reads += 1;
      return reads === 1 ? '93.184.215.14' : '127.0.0.1';
    },
  };
  const connect = createGuardedConnect({
    policy: { allowPrivateNetwork: false, allowCidrs: [] },
    resolve: async () => [answer],
    connectTimeoutMs: 5_000,
  });
  const port = String((server.address() as AddressInfo).port);
  const error = await new Promise<Error | null>((resolve) => {
    connect({ hostname: 'changing.example', protocol: 'http:', port }, (...[failure]) => resolve(failure));
  });
  expect(error).toBeInstanceOf(AddressRefusedError);
  expect(error?.message).toContain('127.0.0.1');
  server.close();
  await once(server, 'close');
});
