import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRawConnection } from '../support/raw-connection.ts';
import { startApiFixture, SUBMISSION, type ApiFixture } from './api-fixture.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await startApiFixture({
    limits: { requestTimeoutMs: 600, headersTimeoutMs: 600, connectionCheckMs: 50 },
  });
});
afterAll(async () => api.close());

const POST = 'POST /v1/jobs HTTP/1.1';
const BODY = JSON.stringify(SUBMISSION);
const LENGTH = `Content-Length: ${BODY.length}\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const CHUNK = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;

/** Status codes of all answers to these bytes until the server closes the connection. */
async function statusesOf(bytes: string): Promise<string[]> {
  const connection = await openRawConnection(api.url);
  await connection.send(bytes);
  await connection.closed;
  return connection.statuses();
}

/** The head of a submission, without an end. */
const head = (line = POST, host = 'Host: x\r\n'): string =>
  `${line}\r\n${host}Authorization: Bearer ${api.adminKey}\r\nContent-Type: application/json\r\n`;
const post = (headers: string, body: string): string => `${head()}${headers}\r\n${body}`;
/** Would be answered too, if it were taken for a request of its own. */
const hidden = (): string =>
  `GET /v1/keys HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.adminKey}\r\n\r\n`;

/** Requests that two servers could read in two ways, each followed by one that only one of the readings sees. */
const cases: [string, () => string][] = [
  ['a length and chunks', () => post(`${LENGTH}${CHUNKED}`, '0\r\n\r\n')],
  ['chunks and a length', () => post(`${CHUNKED}${LENGTH}`, '0\r\n\r\n')],
  ['two lengths that differ', () => post(`${LENGTH}Content-Length: 3\r\n`, BODY)],
  ['the same length twice', () => post(`${LENGTH}${LENGTH}`, BODY)],
  ['a list of lengths', () => post(`Content-Length: ${BODY.length}, ${BODY.length}\r\n`, BODY)],
  ['a length that is no number', () => post('Content-Length: 1_0\r\n', BODY)],
  ['a length with a sign', () => post(`Content-Length: +${BODY.length}\r\n`, BODY)],
  ['a negative length', () => post('Content-Length: -1\r\n', BODY)],
  ['a length beyond all numbers', () => post('Content-Length: 99999999999999999999999\r\n', BODY)],
  ['a hexadecimal length', () => post('Content-Length: 0x10\r\n', BODY)],
  ['a chunk of no size', () => post(CHUNKED, `zz\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk size with a sign', () => post(CHUNKED, `+${CHUNK}`)],
  ['a chunk size that overflows', () => post(CHUNKED, `ffffffffffffffff1\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk that is longer than it says', () => post(CHUNKED, `5\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk line that ends with LF alone', () => post(CHUNKED, CHUNK.replace('\r\n', '\n'))],
  ['chunk extensions without end', () => post(CHUNKED, `1;${'a'.repeat(20_000)}`)],
  ['a transfer coding of another name', () => post('Transfer-Encoding: xchunked\r\n', CHUNK)],
  ['a transfer coding with a vertical tab', () => post('Transfer-Encoding: \x0bchunked\r\n', CHUNK)],
  ['chunked that is not the last coding', () => post('Transfer-Encoding: chunked, identity\r\n', CHUNK)],
  ['chunked twice', () => post(`${CHUNKED}Transfer-Encoding: identity\r\n`, CHUNK)],
  ['a folded header', () => post(`${LENGTH}X-A: b\r\n folded\r\n`, BODY)],
  ['a header name with a space', () => post(`X-A : b\r\n${LENGTH}`, BODY)],
  ['a length whose name ends with a space', () => post(`Content-Length : ${BODY.length}\r\n`, BODY)],
  ['a header without a colon', () => post(`X-A\r\n${LENGTH}`, BODY)],
  ['a NUL in a header', () => post(`${LENGTH}X-A: b\0c\r\n`, BODY)],
  ['a CR within a header', () => post(`${LENGTH}X-A: b\rc\r\n`, BODY)],
  ['a header line that ends with LF alone', () => post(`X-A: b\n${LENGTH}`, BODY)],
  ['headers that end with LF alone', () => `${head()}${LENGTH}\n${BODY}`],
  ['a request line that ends with LF alone', () => head().replace('\r\n', '\n') + `${LENGTH}\r\n${BODY}`],
  ['a control character in the path', () => `${head('POST /v1/jobs\x01 HTTP/1.1')}${LENGTH}\r\n${BODY}`],
  ['a space in the path', () => `${head('POST /v1/jobs x HTTP/1.1')}${LENGTH}\r\n${BODY}`],
  ['a version that there is not', () => `${head('POST /v1/jobs HTTP/1.2')}${LENGTH}\r\n${BODY}`],
  ['no host', () => `${head(POST, '')}${LENGTH}\r\n${BODY}`],
  ['a method that there is not', () => `${head('JUMP /v1/jobs HTTP/1.1')}${LENGTH}\r\n${BODY}`],
  ["HTTP/2's beginning", () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
];
test.each(cases)('%s: refused, and what follows is not looked at', async (_name, bytes) => {
  expect(await statusesOf(bytes() + hidden())).toEqual(['400']);
});

test('two hosts, which Node alone would take', async () => {
  const bytes = `${head(POST, 'Host: x\r\nhOST: y\r\nConnection: close\r\n')}${LENGTH}\r\n${BODY}`;
  expect(await statusesOf(bytes)).toEqual(['400']);
});

test('chunks that are well formed are taken, and trailers are no headers', async () => {
  const trailers = CHUNK.replace('0\r\n\r\n', '0\r\nIdempotency-Key: trailer\r\nPrefer: wait=1\r\n\r\n');
  const connection = await openRawConnection(api.url);
  await connection.send(post(`${CHUNKED}Connection: close\r\n`, trailers));
  await connection.closed;
  expect(connection.statuses()).toEqual(['202']);
  expect(connection.received()).not.toMatch(/idempotent-replayed|preference-applied/i);
});

test('methods that reflect or tunnel are not there', async () => {
  const trace = `TRACE /livez HTTP/1.1\r\nHost: x\r\nX-Canary: canary\r\nConnection: close\r\n\r\n`;
  const connection = await openRawConnection(api.url);
  await connection.send(trace);
  await connection.closed;
  expect(connection.statuses()).toEqual(['405']);
  expect(connection.received()).not.toContain('canary');
  expect(await statusesOf('CONNECT 127.0.0.1:6379 HTTP/1.1\r\nHost: x\r\n\r\n')).toEqual([]);
  const upgrade = 'Connection: Upgrade, close\r\nUpgrade: h2c\r\n';
  expect(await statusesOf(`GET /livez HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`)).toEqual(['200']);
});
