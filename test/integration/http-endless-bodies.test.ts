import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRawConnection, type RawConnection } from '../support/raw-connection.ts';
import { until } from '../support/until.ts';
import { startApiFixture, SUBMISSION, type ApiFixture } from './api-fixture.ts';

/** Cuts by bytes alone, and by time alone. */
let byBytes: ApiFixture;
let byTime: ApiFixture;
beforeAll(async () => {
  byBytes = await startApiFixture({
    limits: { lingerMaxBytes: 1_000_000, lingerTimeoutMs: 120_000, maxFailuresPerMinute: 100_000 },
  });
  byTime = await startApiFixture({
    limits: { lingerTimeoutMs: 300, requestTimeoutMs: 400, maxFailuresPerMinute: 100_000 },
  });
});
afterAll(async () => Promise.all([byBytes.close(), byTime.close()]));

const PIECE = Buffer.alloc(64 * 1024, 'x');
/** What kernels hold on the way, at both ends, is sent without being read; on loopback some megabytes. */
const MAX_SENT_BYTES = 24_000_000;

const head = (line: string, headers: Record<string, string> = {}): string =>
  `${line} HTTP/1.1\r\nHost: x\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;
const json = { 'Content-Type': 'application/json' };
const endless = { 'Content-Length': '100000000000' };
const multipart = { 'Content-Type': 'multipart/form-data; boundary=b' };
const wrongPurpose =
  '--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n';

/** Name, status, head (with the key that is given), and what comes before the endless rest. */
const cases: [name: string, status: string, bytes: (key: Record<string, string>) => string][] = [
  ['no key', '401', () => head('POST /v1/jobs', { ...json, ...endless })],
  ['no key, in chunks', '401', () => head('POST /v1/jobs', { ...json, 'Transfer-Encoding': 'chunked' })],
  ['no key, an upload', '401', () => head('POST /v1/files', { ...multipart, ...endless })],
  [
    'no key, an NDJSON batch',
    '401',
    () => head('POST /v1/batches', { 'Content-Type': 'application/x-ndjson', ...endless }),
  ],
  ['an unknown path', '404', () => head('POST /v2/nothing', { ...json, ...endless })],
  ['a path that can not be decoded', '400', () => head('POST /v1/%zz', { ...json, ...endless })],
  ['a wrong method', '405', (key) => head('PUT /v1/jobs', { ...key, ...json, ...endless })],
  ['a body where none belongs', '200', () => head('GET /livez', endless)],
  [
    'a wrong content type',
    '415',
    (key) => head('POST /v1/jobs', { ...key, 'Content-Type': 'a/b', ...endless }),
  ],
  ['a body that is too large', '413', (key) => head('POST /v1/jobs', { ...key, ...json, ...endless })],
  [
    'a compressed body',
    '415',
    (key) => head('POST /v1/jobs', { ...key, ...json, ...endless, 'Content-Encoding': 'gzip' }),
  ],
  ['an expectation that nobody knows', '417', () => head('POST /v1/jobs', { ...endless, Expect: 'a-pony' })],
  [
    'an upload for another purpose',
    '400',
    (key) => head('POST /v1/files', { ...key, ...multipart, ...endless }) + wrongPurpose,
  ],
  [
    'an NDJSON batch whose first line is no object',
    '400',
    (key) =>
      `${head('POST /v1/batches', { ...key, 'Content-Type': 'application/x-ndjson', ...endless })}[]\n`,
  ],
  [
    'a batch whose second request has an unknown field',
    '400',
    (key) =>
      `${head('POST /v1/batches', { ...key, ...json, ...endless })}{"requests": [{"custom_id":"a","body":{}},{"x":1},`,
  ],
  [
    'a message batch whose request is not an object',
    '400',
    (key) => `${head('POST /v1/messages/batches', { ...key, ...json, ...endless })}{"requests": [1,`,
  ],
  ['what is not HTTP', '400', () => 'no http\r\n\r\n'],
  ['headers without end', '431', () => `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(20_000)}`],
];

async function begin(
  api: ApiFixture,
  bytes: (typeof cases)[number][2],
  { allowHalfOpen = true } = {},
): Promise<RawConnection> {
  const connection = await openRawConnection(api.url, { allowHalfOpen });
  await connection.send(bytes({ Authorization: `Bearer ${api.adminKey}` }));
  return connection;
}

describe('a body without end is cut soon after the answer', () => {
  test.each(cases)('%s', async (_name, status, bytes) => {
    const connection = await begin(byBytes, bytes);
    await until(() => connection.statuses().length > 0, { what: 'the answer', timeoutMs: 5_000 });
    while (!connection.isClosed() && connection.socket.bytesWritten < 3 * MAX_SENT_BYTES) {
      await connection.send(PIECE);
    }
    const sent = connection.socket.bytesWritten;
    connection.socket.destroy();
    expect(connection.statuses()).toEqual([status]);
    expect(sent).toBeLessThan(MAX_SENT_BYTES);
  });
});

describe('a body that drips in for ever is cut soon after the answer', () => {
  test.each(cases)('%s', async (_name, status, bytes) => {
    const connection = await begin(byTime, bytes);
    await until(() => connection.statuses().length > 0, { what: 'the answer', timeoutMs: 5_000 });
    const drip = setInterval(() => void connection.send('x'), 20);
    try {
      await until(() => connection.isClosed(), { what: 'the end of the connection', timeoutMs: 5_000 });
    } finally {
      clearInterval(drip);
      connection.socket.destroy();
    }
    expect(connection.statuses()).toEqual([status]);
  });
});

test('a caller that sends everything before it reads gets the answer, and the connection is closed', async () => {
  const body = 'x'.repeat(800_000);
  const connection = await openRawConnection(byBytes.url);
  connection.socket.pause();
  await connection.send(head('POST /v1/jobs', { ...json, 'Content-Length': `${body.length}` }));
  await connection.send(body);
  connection.socket.resume();
  await connection.closed;
  expect(connection.statuses()).toEqual(['401']);
  expect(connection.received()).toMatch(/^connection: close\r$/im);
});

test('a small refused request does not cost the connection', async () => {
  const connection = await openRawConnection(byBytes.url);
  const request = `${head('POST /v1/jobs', { ...json, 'Content-Length': '2' })}{}`;
  await connection.send(request);
  await until(() => connection.statuses().length === 1, { what: 'the first answer' });
  await connection.send(request);
  await until(() => connection.statuses().length === 2, { what: 'the second answer' });
  connection.socket.destroy();
  expect(connection.statuses()).toEqual(['401', '401']);
});

test('a request that follows a refused one whose body is still to come is not looked at', async () => {
  const connection = await begin(byBytes, () =>
    head('POST /v1/jobs', { ...json, 'Content-Length': '100000' }),
  );
  await until(() => connection.statuses().length === 1, { what: 'the answer' });
  await connection.send(`${'x'.repeat(100_000)}${head('GET /livez')}`);
  connection.socket.end();
  await connection.closed;
  expect(connection.statuses()).toEqual(['401']);
});

test('who asks before it sends is told to go on, or refused without having sent anything', async () => {
  const body = JSON.stringify(SUBMISSION);
  const asking = { ...json, Expect: '100-continue', Connection: 'close', 'Content-Length': `${body.length}` };
  const taken = await begin(byBytes, (key) => head('POST /v1/jobs', { ...key, ...asking }));
  await until(() => taken.statuses().length > 0, { what: 'the word to go on' });
  expect(taken.statuses()).toEqual(['100']);
  await taken.send(body);
  await until(() => taken.statuses().length > 1, { what: 'the answer' });
  taken.socket.destroy();
  expect(taken.statuses()).toEqual(['100', '202']);

  for (const [path, status] of [
    ['/v1/jobs', '401'],
    ['/v2/jobs', '404'],
    ['/v1/files', '401'],
  ]) {
    const refused = await begin(byBytes, () => head(`POST ${path}`, asking), { allowHalfOpen: false });
    await until(() => refused.statuses().length > 0, { what: 'the answer' });
    refused.socket.destroy();
    expect(refused.statuses()).toEqual([status]);
  }
});

test('a short body that does not come is not awaited for ever', async () => {
  const bytes = (): string => head('POST /v1/jobs', { ...json, 'Content-Length': '10' });
  const connection = await begin(byTime, bytes, { allowHalfOpen: false });
  await connection.closed;
  expect(connection.statuses()).toEqual(['401']);
});

test('an event stream whose own request never ends is cut', async () => {
  const { id } = await byTime.submit();
  const bytes = (key: object): string => head(`GET /v1/jobs/${id}/events`, { ...key, ...endless });
  const connection = await begin(byTime, bytes, { allowHalfOpen: false });
  await until(() => connection.received().includes('job.queued'), { what: 'the stream' });
  await connection.closed;
  expect(connection.statuses()).toEqual(['200']);
});

test('a connection on which nothing was ever sent does not hold up the closing of the server', async () => {
  const api = await startApiFixture();
  const connection = await openRawConnection(api.url);
  await api.close();
  await connection.closed;
  expect(connection.received()).toBe('');
});
