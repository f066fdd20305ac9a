import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { httpConfigSchema } from '@sluice/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusal, startApiFixture, SUBMISSION, type ApiFixture } from './api-fixture.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await startApiFixture({ limits: { requestTimeoutMs: 1_500 } });
});
afterAll(async () => api.close());

/** What the server answers to these bytes until it closes the connection or is silent for a second. */
async function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
  socket.on('error', () => undefined);
  socket.write(bytes, 'latin1');
  await new Promise((resolve) => {
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('close', resolve);
  });
  return answer;
}
const statuses = (answer: string): string[] =>
  [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, code]) => code ?? '');
const post = (headers: string, body: string): string =>
  `POST /v1/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.adminKey}\r\nContent-Type: application/json\r\n${headers}\r\n${body}`;
const BODY = JSON.stringify(SUBMISSION);

describe('requests that two servers could read in two ways are refused', () => {
  const length = `Content-Length: ${BODY.length}\r\n`;
  const hidden = 'GET /v1/keys HTTP/1.1\r\nHost: x\r\n\r\n';
  const cases: [string, () => string][] = [
    [
      'content-length and transfer-encoding',
      () => post(`${length}Transfer-Encoding: chunked\r\n`, `0\r\n\r\n${hidden}`),
    ],
    ['two lengths that differ', () => post(`${length}Content-Length: 3\r\n`, BODY)],
    ['a length that is no number', () => post('Content-Length: 1_0\r\n', BODY)],
    ['a chunk of no size', () => post('Transfer-Encoding: chunked\r\n', `zz\r\n${BODY}\r\n0\r\n\r\n`)],
    [
      'a transfer-encoding of another name',
      () => post('Transfer-Encoding: xchunked\r\n', `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`),
    ],
    ['a folded header', () => post(`${length}X-A: b\r\n folded\r\n`, BODY)],
    ['a header name with a space', () => post(`${length}X-A : b\r\n`, BODY)],
    ['a NUL in a header', () => post(`${length}X-A: b\0c\r\n`, BODY)],
  ];
  test.each(cases)('%s', async (_name, bytes) => {
    const answer = await raw(bytes());
    expect(statuses(answer)).toEqual(['400']);
    expect(answer).not.toContain('"object":"list"');
  });
});

test('headers that are too large, too slow to come, and URLs that are too long', async () => {
  expect(statuses(await raw(`GET /livez HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(40_000)}\r\n\r\n`))).toEqual(
    ['431'],
  );
  expect(statuses(await raw(`GET /${'a'.repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`))).toEqual(['431']);
});

test('what a caller sends never becomes a header of the answer', async () => {
  const injected = 'x%0d%0aset-cookie:%20a=b';
  for (const path of [
    `/v1/jobs/${injected}`,
    `/v1/jobs?after=${injected}`,
    `/v1/models/${injected}`,
    `/docs/${injected}`,
  ]) {
    const answer = await api.request(path);
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(answer.status).toBeLessThan(500);
  }
  const { id } = await api.submit({ ...SUBMISSION, metadata: { a: 'b\r\nset-cookie: a=b' } });
  expect((await api.request(`/v1/jobs/${id}`)).headers.get('set-cookie')).toBeNull();
});

test('compressed bodies are refused, so that nothing can swell', async () => {
  const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
  const answer = await api.request('/v1/jobs', {
    method: 'POST',
    body: bomb,
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  });
  expect(await refusal(answer)).toMatchObject({ status: 415, code: 'unsupported_media_type' });
});

test('answers carry headers against misuse by browsers, and no origin is allowed', async () => {
  const answer = await api.request('/v1/jobs', { headers: { origin: 'https://evil.example' } });
  expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'SAMEORIGIN',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  });
  expect(answer.headers.get('x-powered-by')).toBeNull();
  const page = await api.request('/docs/');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
});

test('pages of a configured origin may call, and read streams too; others may not', async () => {
  const open = await startApiFixture({
    config: { http: httpConfigSchema.parse({ cors_origins: ['https://app.example'] }) },
  });
  try {
    const { id } = await open.submit();
    for (const path of [`/v1/jobs/${id}`, `/v1/jobs/${id}/events`]) {
      for (const [origin, allowed] of [
        ['https://app.example', 'https://app.example'],
        ['https://evil.example', null],
      ] as const) {
        const control = new AbortController();
        const answer = await open.request(path, { headers: { origin }, signal: control.signal });
        expect(answer.headers.get('access-control-allow-origin')).toBe(allowed);
        expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
        control.abort();
      }
    }
    const asked = await fetch(`${open.url}/v1/jobs`, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
    });
    expect(asked.status).toBe(204);
  } finally {
    await open.close();
  }
});

test('an address in x-forwarded-for is not believed', async () => {
  await api.post('/v1/keys', { name: 'from elsewhere' }, { 'x-forwarded-for': '203.0.113.9' });
  const { data } = (await (await api.request('/v1/audit_log?limit=1')).json()) as {
    data: { address: string }[];
  };
  expect(data[0]?.address).toMatch(/127\.0\.0\.1|::1/);
});
