import { httpConfigSchema } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRawConnection, type RawConnection } from '../support/raw-connection.ts';
import { until } from '../support/until.ts';
import { startApiFixture, type ApiFixture } from './api-fixture.ts';
import { playWorker } from './api-play-worker.ts';

const LIMITS = {
  headersTimeoutMs: 400,
  requestTimeoutMs: 400,
  connectionCheckMs: 50,
  readerTimeoutMs: 400,
  readerMinBytesPerSecond: 10_000_000,
  lingerTimeoutMs: 300,
};
let api: ApiFixture;
beforeAll(async () => {
  api = await startApiFixture({ limits: LIMITS });
});
afterAll(async () => api.close());

/** Far below what the limits would be if they were not as the test sets them. */
const PATIENCE = { what: 'the end of the connection', timeoutMs: 8_000 };
const get = (path: string, more = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.adminKey}\r\n${more}\r\n`;

/** Sends these bytes again and again until the server closes the connection. */
async function drip(connection: RawConnection, bytes: string): Promise<void> {
  const timer = setInterval(() => void connection.send(bytes), 20);
  try {
    await until(() => connection.isClosed(), PATIENCE);
  } finally {
    clearInterval(timer);
    connection.socket.destroy();
  }
}

test('headers that drip in are cut soon after their limit', async () => {
  const connection = await openRawConnection(api.url);
  await connection.send('GET /livez HTTP/1.1\r\nHost: x\r\nX-A: ');
  await drip(connection, 'a');
  expect(connection.statuses()).toEqual(['408']);
  expect(connection.received()).toContain('request_timeout');
});

test.each(['/v1/jobs', '/v1/keys'])('a body of %s that drips in is cut after its limit', async (path) => {
  const connection = await openRawConnection(api.url);
  const head = get(path, 'Content-Type: application/json\r\nContent-Length: 100000\r\n');
  await connection.send(`${head.replace('GET', 'POST')}{`);
  await drip(connection, ' ');
  expect(connection.statuses()).toEqual(['408']);
  expect(connection.received()).toContain('request_timeout');
});

test('many connections that send nothing are all closed, and others are answered meanwhile', async () => {
  const connections = await Promise.all(Array.from({ length: 500 }, async () => openRawConnection(api.url)));
  expect((await api.request('/livez')).status).toBe(200);
  await until(() => connections.every((connection) => connection.isClosed()), PATIENCE);
  expect(new Set(connections.flatMap((connection) => connection.statuses()))).toEqual(new Set(['408']));
});

/**
 * Asks for a path and reads no more than the beginning of the answer. What it sends meanwhile is nothing to HTTP, but
 * shows it that the connection is cut, which whoever does not read would not see.
 */
async function readBeginning(path: string): Promise<void> {
  const connection = await openRawConnection(api.url, { allowHalfOpen: true });
  await connection.send(get(path));
  await until(() => connection.received() !== '', { what: 'the beginning of the answer' });
  connection.socket.pause();
  await drip(connection, '\r\n');
}

async function largeFile(): Promise<string> {
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', new Blob([`${'x'.repeat(1_000_000)}\n`.repeat(60)]), 'in.jsonl');
  const answer = await api.request('/v1/files', { method: 'POST', body: form });
  return ((await answer.json()) as { id: string }).id;
}

test('a download that nobody reads is cut, and held in memory only for a small part', async () => {
  const path = `/v1/files/${await largeFile()}/content`;
  const memory = (): number => process.memoryUsage().arrayBuffers + process.memoryUsage().external;
  const before = memory();
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, memory() - before)), 20);
  await Promise.all(Array.from({ length: 8 }, async () => readBeginning(path)));
  clearInterval(watch);
  // Eight whole files are 480 MB.
  expect(most).toBeLessThan(100_000_000);
});

test('an event stream that nobody reads is cut', async () => {
  const { id } = await api.submit();
  const worker = await playWorker(api, id);
  await worker.start();
  for (let n = 0; n < 30; n += 1) await worker.delta('x'.repeat(1_000_000));
  await readBeginning(`/v1/jobs/${id}/events`);
  expect((await api.request('/livez')).status).toBe(200);
});

test('a caller that reads slowly but steadily gets the whole answer', async () => {
  const path = `/v1/files/${await largeFile()}/content`;
  const connection = await openRawConnection(api.url);
  await connection.send(get(path, 'Connection: close\r\n'));
  const timer = setInterval(() => {
    connection.socket.once('data', () => connection.socket.pause());
    connection.socket.resume();
  }, 1);
  await connection.closed;
  clearInterval(timer);
  expect(connection.received().length).toBeGreaterThan(60_000_000);
});

test('above the bound of connections further ones are closed, and there is room when one goes', async () => {
  const small = await startApiFixture({ config: { http: httpConfigSchema.parse({ max_connections: 3 }) } });
  try {
    // The fixture's own may still be open.
    const held = await Promise.all([1, 2, 3, 4].map(async () => openRawConnection(small.url)));
    await until(() => held.some((connection) => connection.isClosed()), { what: 'a refused connection' });
    expect(held.map((connection) => connection.received()).join('')).toBe('');
    for (const { socket } of held) socket.destroy();
    const answered = async (): Promise<boolean> =>
      fetch(`${small.url}/livez`).then(
        ({ ok }) => ok,
        () => false,
      );
    expect(await until(answered, { what: 'room for a connection' })).toBe(true);
  } finally {
    await small.close();
  }
});

test('the bound of an address', async () => {
  const small = await startApiFixture({
    config: { http: httpConfigSchema.parse({ max_connections_per_address: 2 }) },
  });
  try {
    const held = await Promise.all([1, 2, 3].map(async () => openRawConnection(small.url)));
    await until(() => held.some((connection) => connection.isClosed()), { what: 'a refused connection' });
    const [first] = held.filter((connection) => !connection.isClosed());
    await first?.send('GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await first?.closed;
    expect(first?.statuses()).toEqual(['200']);
    for (const { socket } of held) socket.destroy();
  } finally {
    await small.close();
  }
});
