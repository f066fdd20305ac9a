import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApiFixture, type ApiFixture } from './api-fixture.ts';

interface Operation {
  operationId?: string;
  summary?: string;
  security?: object[];
  requestBody?: object;
  parameters?: { name: string; in: string }[];
  responses: Record<string, { description: string; headers?: Record<string, object>; content?: object }>;
}
interface Document {
  openapi: string;
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: object };
}

let api: ApiFixture;
let document: Document;
beforeAll(async () => {
  api = await startApiFixture();
  document = (await (await fetch(`${api.url}/openapi.json`)).json()) as Document;
});
afterAll(() => api.close());

const operations = (): [string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]),
  );

test('the OpenAPI document lists every route of this release', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(document.servers).toEqual([{ url: api.url }]);
  expect(
    operations()
      .map(([name]) => name)
      .sort(),
  ).toEqual([
    'delete /v1/files/{id}',
    'delete /v1/jobs/{id}',
    'delete /v1/keys/{id}',
    'delete /v1/messages/batches/{id}',
    'delete /v1/responses/{id}',
    'delete /v1/webhook_endpoints/{id}',
    'get /livez',
    'get /metrics',
    'get /readyz',
    'get /v1/audit_log',
    'get /v1/batches',
    'get /v1/batches/{id}',
    'get /v1/batches/{id}/events',
    'get /v1/batches/{id}/results',
    'get /v1/budgets',
    'get /v1/files',
    'get /v1/files/{id}',
    'get /v1/files/{id}/content',
    'get /v1/jobs',
    'get /v1/jobs/{id}',
    'get /v1/jobs/{id}/events',
    'get /v1/keys',
    'get /v1/keys/{id}',
    'get /v1/messages/batches',
    'get /v1/messages/batches/{id}',
    'get /v1/messages/batches/{id}/results',
    'get /v1/models',
    'get /v1/models/{id}',
    'get /v1/providers',
    'get /v1/providers/{name}',
    'get /v1/queues',
    'get /v1/responses/{id}',
    'get /v1/webhook_deliveries',
    'get /v1/webhook_deliveries/{id}',
    'get /v1/webhook_endpoints',
    'get /v1/webhook_endpoints/{id}',
    'get /v1/webhook_events',
    'get /v1/webhook_secret',
    'patch /v1/keys/{id}',
    'patch /v1/providers/{name}',
    'patch /v1/webhook_endpoints/{id}',
    'post /v1/batches',
    'post /v1/batches/estimate',
    'post /v1/batches/{id}/cancel',
    'post /v1/batches/{id}/retry',
    'post /v1/chat/completions',
    'post /v1/files',
    'post /v1/jobs',
    'post /v1/jobs/{id}/cancel',
    'post /v1/jobs/{id}/retry',
    'post /v1/keys',
    'post /v1/keys/{id}/revoke',
    'post /v1/keys/{id}/rotate',
    'post /v1/messages/batches',
    'post /v1/messages/batches/{id}/cancel',
    'post /v1/providers/{name}/breaker',
    'post /v1/providers/{name}/keys/{key}',
    'post /v1/responses',
    'post /v1/responses/{id}/cancel',
    'post /v1/routes/explain',
    'post /v1/webhook_deliveries/{id}/redeliver',
    'post /v1/webhook_endpoints',
    'post /v1/webhook_endpoints/{id}/enable',
    'post /v1/webhook_endpoints/{id}/ping',
    'post /v1/webhook_endpoints/{id}/recover',
    'post /v1/webhook_endpoints/{id}/rotate_secret',
  ]);
});

test('every operation has an id of its own and a summary', () => {
  const ids = operations().map(([, { operationId }]) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(operations().filter(([, { summary }]) => !summary)).toEqual([]);
});

test('every operation that needs a key says so, and which errors it may answer', () => {
  const open = operations().filter(([, { security }]) => security?.length === 0);
  expect(open.map(([name]) => name)).toEqual(['get /livez', 'get /readyz', 'get /metrics']);
  const silent = operations()
    .filter(([name]) => name.includes('/v1/'))
    .filter(([, { responses }]) => !['401', '500', '503'].every((status) => status in responses));
  expect(silent).toEqual([]);
});

test('every answer has a body and the header x-request-id', () => {
  const answers = operations().flatMap(([, { responses }]) => Object.values(responses));
  expect(answers.filter(({ content, headers }) => !content || !headers?.['x-request-id'])).toEqual([]);
});

test('every reference leads somewhere, and no schema is left over', () => {
  const text = JSON.stringify(document);
  const used = new Set([...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name));
  expect(used).toEqual(new Set(Object.keys(document.components.schemas)));
  expect(Object.keys(document.components.schemas)).toEqual(
    expect.arrayContaining(['Job', 'JobSubmission', 'Error']),
  );
  expect(text).not.toContain('Input"');
});

test('the docs page and its assets come from this server', async () => {
  const page = await fetch(`${api.url}/docs`);
  expect(page.status).toBe(200);
  const html = await page.text();
  const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(
    ([, path]) => new URL(path as string, page.url),
  );
  expect(assets.length).toBeGreaterThan(3);
  for (const asset of assets) {
    expect(asset.origin).toBe(api.url);
    expect([asset.pathname, (await fetch(asset)).status]).toEqual([asset.pathname, 200]);
  }
});

test('every doc_url leads to a row of the errors page', async () => {
  const { error } = (await (await fetch(`${api.url}/v1/jobs`)).json()) as { error: { doc_url: string } };
  const url = new URL(error.doc_url);
  const html = await (await fetch(url)).text();
  expect(html).toContain(`id="${url.hash.slice(1)}"`);
});

test('readiness tells durability, Redis, versions and what is weak', async () => {
  const answer = await fetch(`${api.url}/readyz`);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({
    durability: 'memory',
    redis: { version: expect.stringMatching(/^\d/), role: 'master', clock_skew_ms: expect.any(Number) },
    versions: { sluice: '0.1.0', node: process.versions.node },
    degraded: expect.any(Array),
  });
});

test('the document holds the webhooks that are sent, and every reference in it leads somewhere', async () => {
  const document = (await (await api.request('/openapi.json')).json()) as {
    webhooks: Record<string, { post: { requestBody: object } }>;
    components: { schemas: Record<string, object> };
  };
  expect(Object.keys(document.webhooks)).toEqual(
    expect.arrayContaining(['job.completed', 'batch.completed', 'webhook_endpoint.disabled', 'ping']),
  );
  const references = JSON.stringify(document).matchAll(/#\/components\/schemas\/([A-Za-z0-9_]+)/g);
  const missing = [...references]
    .map(([, name = '']) => name)
    .filter((name) => !document.components.schemas[name]);
  expect(missing).toEqual([]);
});
