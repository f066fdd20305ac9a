import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { EventPage, TenantJobs } from '@sluice/broker';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEFAULT_API_LIMITS } from './api-limits.ts';
import { createWaiter } from './create-waiter.ts';
import { writeEventStream } from './write-event-stream.ts';

const server = createServer();
let response: ServerResponse;
let client: ReturnType<typeof connect>;

beforeEach(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
});
afterEach(async () => {
  client.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const EVENTS_OF_64_KIB = 'x'.repeat(65_536);

/** A job that has as many events as are read. */
function endlessStore(onRead: () => void): Pick<TenantJobs, 'readEvents'> {
  return {
    async readEvents(_id, { after, limit }) {
      onRead();
      return page(after, limit);
    },
  };
}

function page(after: number, count: number): EventPage {
  const events = Array.from({ length: count }, (_, n) =>
    JSON.stringify({ seq: after + n + 1, type: 'job.delta', text: EVENTS_OF_64_KIB }),
  );
  return { status: 'ok', events, lastSeq: after + count + 1, ended: false };
}

test('a reader that takes nothing holds a bounded number of events in memory, and is dropped', async () => {
  client.pause();
  let reads = 0;
  const { signal } = new AbortController();
  const limits = { ...DEFAULT_API_LIMITS, streamDrainTimeoutMs: 50 };
  await writeEventStream(
    {
      id: 'job_1',
      events: endlessStore(() => (reads += 1)),
      after: 0,
      firstPage: page(0, 200),
      waiter: createWaiter(signal),
      response,
      signal,
    },
    { limits },
  );
  expect(response.destroyed).toBe(true);
  expect(response.writableLength).toBeLessThan(1024 * 1024);
  expect(reads).toBeLessThan(3);
});

test('a reader that reads slowly gets everything', async () => {
  const seen: number[] = [];
  let text = '';
  client.on('data', (chunk) => {
    text += chunk.toString('latin1').replaceAll('x', '');
    client.pause();
    setImmediate(() => client.resume());
  });
  const { signal } = new AbortController();
  const last = { ...page(0, 100), lastSeq: 100, ended: true };
  await writeEventStream(
    {
      id: 'job_1',
      events: endlessStore(() => {}),
      after: 0,
      firstPage: last,
      waiter: createWaiter(signal),
      response,
      signal,
    },
    { limits: DEFAULT_API_LIMITS },
  );
  response.end();
  await once(client, 'end');
  for (const [, seq] of text.matchAll(/^id: (\d+)\r?$/gm)) seen.push(Number(seq));
  expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
});

test('a reader that leaves ends the stream', async () => {
  const leaving = new AbortController();
  response.once('close', () => leaving.abort());
  const { signal } = leaving;
  const writing = writeEventStream(
    {
      id: 'job_1',
      events: endlessStore(() => {}),
      after: 0,
      firstPage: { status: 'ok', events: [], lastSeq: 0, ended: false },
      waiter: createWaiter(signal),
      response,
      signal,
    },
    { limits: DEFAULT_API_LIMITS },
  );
  client.destroy();
  await expect(writing).resolves.toBeUndefined();
});
