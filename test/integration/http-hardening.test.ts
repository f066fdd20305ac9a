import { gzipSync } from 'node:zlib';
import { httpConfigSchema } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRawConnection } from '../support/raw-connection.ts';
import { startApiFixture, SUBMISSION, type ApiFixture } from './api-fixture.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await startApiFixture({ limits: { requestTimeoutMs: 1_500 } });
});
afterAll(async () => api.close());

test.each([
  ['headers that are too large', `GET /livez HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(40_000)}\r\n\r\n`],
  ['a URL that is too long', `GET /${'a'.repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
])('%s are refused', async (_name, bytes) => {
  const connection = await openRawConnection(api.url);
  await connection.send(bytes);
  await connection.closed;
  expect(connection.statuses()).toEqual(['431']);
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

test("a caller's request id is repeated only when it is short and plain", async () => {
  const idOf = async (sent: string): Promise<string | null> =>
    (await fetch(`${api.url}/livez`, { headers: { 'x-request-id': sent } })).headers.get('x-request-id');
  expect(await idOf('order-1234')).toBe('order-1234');
  for (const sent of ['a b', '<script>', 'x'.repeat(129), 'é']) expect(await idOf(sent)).toMatch(/^req_/);
});

const BOMB = gzipSync(Buffer.alloc(50 * 1024 * 1024));
const encodings = ['gzip', 'GZIP', 'br', 'deflate', 'zstd', 'identity, gzip', 'x-unknown'];
const bodies = [
  ['/v1/jobs', 'application/json'],
  ['/v1/chat/completions', 'application/json'],
  ['/v1/files', 'multipart/form-data; boundary=b'],
  ['/v1/batches', 'application/x-ndjson'],
  ['/v1/messages/batches', 'application/json'],
] as const;
test.each(bodies)('a compressed body of %s is refused, so that nothing can swell', async (path, type) => {
  for (const encoding of encodings) {
    const headers = { 'content-type': type, 'content-encoding': encoding };
    const answer = await api.request(path, { method: 'POST', body: BOMB, headers });
    const text = await answer.text();
    expect({ encoding, status: answer.status }).toEqual({ encoding, status: 415 });
    expect(text).toContain('content-encoding');
  }
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
        ['https://app.example.evil.example', null],
        ['https://app.example:8443', null],
        ['http://app.example', null],
        ['null', null],
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
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
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
