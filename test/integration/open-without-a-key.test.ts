import { afterAll, beforeAll, expect, test } from 'vitest';
import { readOpenApi, type OpenApi } from '../support/openapi-operations.ts';
import { refusal, startApiFixture, SUBMISSION, type ApiFixture } from './api-fixture.ts';

let api: ApiFixture;
let document: OpenApi;
beforeAll(async () => {
  api = await startApiFixture({ limits: { maxFailuresPerMinute: 100_000 } });
  document = await readOpenApi(api.url);
});
afterAll(async () => api.close());

const basic = (password: string): RequestInit => ({
  headers: { authorization: `Basic ${Buffer.from(`anyone:${password}`).toString('base64')}` },
});

test('of all documented routes, these three answer without a key', async () => {
  const open: string[] = [];
  for (const { method, path } of document.operations) {
    const answer = await fetch(`${api.url}${path.replaceAll(/\{\w+\}/g, 'x')}`, { method });
    await answer.arrayBuffer();
    if (answer.status !== 401) open.push(`${method} ${path}: ${answer.status}`);
  }
  expect(open.toSorted()).toEqual(['GET /livez: 200', 'GET /metrics: 200', 'GET /readyz: 200']);
});

test('the documentation is open, and says nothing of what is stored', async () => {
  const { id } = await api.submit({ ...SUBMISSION, metadata: { canary: 'canary-of-a-caller' } });
  for (const path of ['/docs', '/docs/', '/docs/errors', '/openapi.json']) {
    const answer = await fetch(`${api.url}${path}`);
    expect({ path, status: answer.status }).toEqual({ path, status: 200 });
    const text = await answer.text();
    for (const secret of [id, 'canary-of-a-caller', api.adminKey]) expect(text).not.toContain(secret);
  }
});

test('metrics are open, and name providers and models, but no tenants, keys, jobs or texts', async () => {
  const made = await api.post('/v1/keys', {
    name: 'canary-key',
    tenant: 'canary-tenant',
    scopes: ['jobs:write'],
  });
  const { id: keyId, key } = (await made.json()) as { id: string; key: string };
  const request = { messages: [{ role: 'user', content: 'canary-prompt' }] };
  const submitted = await api.post(
    '/v1/jobs',
    { request, tags: ['canary-tag'] },
    { authorization: `Bearer ${key}` },
  );
  const { id } = (await submitted.json()) as { id: string };
  const text = await (await fetch(`${api.url}/metrics`)).text();
  expect(text).toContain('sluice_');
  for (const secret of ['canary', keyId, key, id, api.adminKey]) expect(text).not.toContain(secret);
});

test("a browser's login is taken for /queues alone, so that no other page can use it for anything else", async () => {
  const { id } = await api.submit();
  expect((await fetch(`${api.url}/queues/api/queues`, basic(api.adminKey))).status).toBe(200);
  for (const [method, path] of [
    ['GET', '/v1/jobs'],
    ['POST', `/v1/jobs/${id}/cancel`],
    ['DELETE', `/v1/jobs/${id}`],
    ['POST', '/v1/keys'],
  ] as const) {
    const answer = await fetch(`${api.url}${path}`, { ...basic(api.adminKey), method });
    expect((await refusal(answer)).status).toBe(401);
  }
});

test('nothing below /queues, its assets neither, is seen without an admin key', async () => {
  const page = await (await fetch(`${api.url}/queues`, basic(api.adminKey))).text();
  const assets = [...page.matchAll(/(?:src|href)="((?!https?:)[^"]+)"/g)].map(([, path]) => path ?? '');
  expect(assets.length).toBeGreaterThan(0);
  for (const path of ['', 'api/queues', 'queue/openai.flex', ...assets]) {
    const answer = await fetch(new URL(path, `${api.url}/queues/`));
    expect({ path, status: answer.status }).toEqual({ path, status: 401 });
  }
});
