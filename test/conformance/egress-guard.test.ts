import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { createEgressClient, type EgressClientOptions } from '@sluice/egress';
import { afterEach, describe, expect, test } from 'vitest';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function receiver(listener: RequestListener): Promise<{ port: number; calls: string[] }> {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    listener(request, response);
  });
  server.listen(0, '::');
  await once(server, 'listening');
  cleanups.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, calls };
}

function client(options: Partial<EgressClientOptions> = {}) {
  const egress = createEgressClient({ allowPrivateNetwork: false, allowCidrs: [], ...options });
  cleanups.push(() => egress.close());
  return egress;
}

const loopback = { allowCidrs: ['127.0.0.0/8', '::1/128'] };
const call = { headers: { 'content-type': 'application/json' }, body: '{}', timeoutMs: 5_000 };

describe('addresses', () => {
  test.each([
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '127.1',
    '0',
    '0.0.0.0',
    '[::ffff:127.0.0.1]',
    '[::1]',
    '[64:ff9b::7f00:1]',
    'localhost',
  ])('a server on loopback is not reached as %s', async (host) => {
    const { port, calls } = await receiver((_, response) => response.end('reached'));
    const outcome = await client().post(`http://${host}:${port}/`, call);
    expect(outcome).toMatchObject({ status: 'refused', reason: 'private_address' });
    expect(calls).toEqual([]);
  });

  test('a name with one private address among public ones is refused, and the message says which', async () => {
    const resolve = async () => [
      { address: '93.184.215.14', family: 4 },
      { address: '10.0.0.7', family: 4 },
    ];
    expect(await client({ resolve }).post('http://mixed.example/', call)).toMatchObject({
      status: 'refused',
      reason: 'private_address',
      message: expect.stringContaining('mixed.example resolves to 10.0.0.7, a private network address'),
    });
  });

  test('a name that was allowed is checked again at its next connection (DNS rebinding)', async () => {
    const { port, calls } = await receiver((_, response) => {
      response.setHeader('connection', 'close');
      response.end('ok');
    });
    let lookups = 0;
    const resolve = async () => {
      lookups += 1;
      return [{ address: lookups === 1 ? '127.0.0.2' : '127.0.0.1', family: 4 }];
    };
    const egress = client({ resolve, allowCidrs: ['127.0.0.2/32'] });
    expect(await egress.post(`http://rebind.example:${port}/`, call)).toMatchObject({ httpStatus: 200 });
    expect(await egress.post(`http://rebind.example:${port}/`, call)).toMatchObject({ status: 'refused' });
    expect(calls).toHaveLength(1);
  });

  test('allowed blocks are reached, by literal and by name', async () => {
    const { port } = await receiver((_, response) => response.end('hello'));
    const egress = client(loopback);
    for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', 'localhost']) {
      const { status, ...outcome } = await egress.post(`http://${host}:${port}/`, call);
      expect([host, status]).toEqual([host, 'answered']);
      expect(outcome).toMatchObject({ httpStatus: 200, body: 'hello' });
    }
  });
});

describe('answers', () => {
  test('a redirect is an answer and is not followed', async () => {
    const target = await receiver((_, response) => response.end());
    const { port } = await receiver((_, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${target.port}/` }).end();
    });
    const outcome = await client(loopback).post(`http://127.0.0.1:${port}/`, call);
    expect(outcome).toMatchObject({ status: 'answered', httpStatus: 307 });
    expect(target.calls).toEqual([]);
  });

  test('a long answer is cut at the cap and the rest is not read', async () => {
    let ended = false;
    const { port } = await receiver((_, response) => {
      response.on('close', () => (ended = true));
      const write = (): void => {
        while (!response.destroyed && response.write('x'.repeat(64 * 1024)));
        response.once('drain', write);
      };
      write();
    });
    const outcome = await client(loopback).post(`http://127.0.0.1:${port}/`, call);
    expect(outcome).toMatchObject({ status: 'answered', body: 'x'.repeat(20 * 1024) });
    await expect.poll(() => ended).toBe(true);
  });

  test('the cut never leaves half a character', async () => {
    const { port } = await receiver((_, response) => response.end('aé'));
    const outcome = await client(loopback).post(`http://127.0.0.1:${port}/`, {
      ...call,
      maxResponseBytes: 2,
    });
    expect(outcome).toMatchObject({ body: 'a' });
  });

  test.each(['headers', 'body'])('slow %s end at the timeout', async (part) => {
    const { port } = await receiver((_, response) => {
      if (part === 'body') response.writeHead(200).write('.');
    });
    const outcome = await client(loopback).post(`http://127.0.0.1:${port}/`, { ...call, timeoutMs: 150 });
    expect(outcome).toMatchObject({ status: 'failed', reason: 'timeout' });
    expect(outcome.durationMs).toBeGreaterThanOrEqual(140);
  });
});

describe('failures', () => {
  test('a name that does not resolve', async () => {
    const resolve = () =>
      Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND x'), { code: 'ENOTFOUND' }));
    expect(await client({ resolve }).post('http://x.example/', call)).toMatchObject({
      status: 'failed',
      reason: 'dns',
    });
    expect(await client({ resolve: async () => [] }).post('http://x.example/', call)).toMatchObject({
      reason: 'dns',
    });
  });

  test('a resolver that never answers', async () => {
    const resolve = () => new Promise<never>(() => {});
    const outcome = await client({ resolve, connectTimeoutMs: 300 }).post('http://x.example/', {
      ...call,
      timeoutMs: 50,
    });
    expect(outcome).toMatchObject({ status: 'failed', reason: 'timeout' });
  });

  test.each([
    ['connect', 'http', null],
    ['reset', 'http', (socket: Socket) => socket.resetAndDestroy()],
    ['reset', 'http', (socket: Socket) => socket.end()],
    ['tls', 'https', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['protocol', 'http', (socket: Socket) => socket.end('SSH-2.0-OpenSSH\r\n')],
  ] as const)('%s over %s', async (reason, scheme, answer) => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => answer?.(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const stop = async (): Promise<void> => {
      server.close();
      await once(server, 'close');
    };
    if (answer) cleanups.push(stop);
    else await stop();
    const outcome = await client(loopback).post(`${scheme}://127.0.0.1:${port}/`, call);
    expect(outcome).toMatchObject({ status: 'failed', reason });
  });

  test('close ends what is under way and may be called twice', async () => {
    const { port, calls } = await receiver(() => {});
    const egress = client(loopback);
    const pending = egress.post(`http://127.0.0.1:${port}/`, call);
    await expect.poll(() => calls.length).toBe(1);
    await egress.close();
    await egress.close();
    expect(await pending).toMatchObject({ status: 'failed' });
    expect(await egress.post(`http://127.0.0.1:${port}/`, call)).toMatchObject({ status: 'failed' });
  });
});
