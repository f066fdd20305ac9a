import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEgressClient, type EgressGet } from '@sluice/egress';
import { afterEach, describe, expect, it } from 'vitest';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Gets `/` of a server that answers so. */
async function get(listener: RequestListener, call: Partial<EgressGet> = {}, allowPrivateNetwork = true) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const egress = createEgressClient({ allowPrivateNetwork, allowCidrs: [] });
  cleanups.push(async () => {
    await egress.close();
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return egress.get(url, { timeoutMs: 5_000, maxBytes: 1_000, ...call });
}

describe('a guarded get', () => {
  it('answers the bytes and their media type', async () => {
    const bytes = Buffer.from([0, 255, 128, 10]);
    const outcome = await get(
      (request, response) => {
        expect(request.headers).toMatchObject({ accept: 'image/png', 'accept-encoding': 'identity' });
        response.writeHead(200, { 'content-type': 'Image/PNG; q=1' }).end(bytes);
      },
      { accept: 'image/png' },
    );
    expect(outcome).toMatchObject({
      status: 'answered',
      httpStatus: 200,
      mediaType: 'image/png',
      body: bytes,
    });
  });

  it('follows no redirect', async () => {
    let calls = 0;
    const outcome = await get((_, response) => {
      calls += 1;
      response.writeHead(302, { location: '/other' }).end('moved');
    });
    expect(outcome).toMatchObject({ status: 'answered', httpStatus: 302, body: Buffer.alloc(0) });
    expect(calls).toBe(1);
  });

  it('takes exactly what the cap allows', async () => {
    expect(await get((_, response) => response.end('x'.repeat(1_000)))).toMatchObject({ status: 'answered' });
  });

  it.each([
    ['says so', (length: number) => ({ 'content-length': length })],
    ['does not say so', () => ({})],
  ])('of more than its cap fails, when the answer %s, and closes the connection', async (_what, headers) => {
    const closed = Promise.withResolvers<void>();
    const outcome = await get((_, response) => {
      response.on('close', () => closed.resolve());
      response.writeHead(200, headers(50_000_000));
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    expect(outcome).toMatchObject({ status: 'failed', reason: 'too_large' });
    await closed.promise;
  });

  it('has one clock for all of it', async () => {
    const outcome = await get((_, response) => response.writeHead(200).write('some'), { timeoutMs: 60 });
    expect(outcome).toMatchObject({ status: 'failed', reason: 'timeout' });
  });

  it('ends when its caller says so', async () => {
    const controller = new AbortController();
    const outcome = await get(() => controller.abort(), { signal: controller.signal });
    expect(outcome).toMatchObject({ status: 'failed', reason: 'aborted' });
  });

  it('reaches no private address', async () => {
    const outcome = await get((_, response) => response.end('reached'), {}, false);
    expect(outcome).toMatchObject({ status: 'refused', reason: 'private_address' });
  });
});
