import { API_KEY_SCOPES, type ApiKeyScope } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readOpenApi, type OpenApiOperation } from '../support/openapi-operations.ts';
import { until } from '../support/until.ts';
import { startApiFixture, type ApiFixture } from './api-fixture.ts';

/** What each route needs. A new route has to be entered here too. */
const NEEDS: Readonly<Record<ApiKeyScope | 'any key', readonly string[]>> = {
  'jobs:write': [
    'POST /v1/jobs',
    'DELETE /v1/jobs/{id}',
    'POST /v1/jobs/{id}/cancel',
    'POST /v1/jobs/{id}/retry',
    'POST /v1/chat/completions',
    'POST /v1/responses',
    'DELETE /v1/responses/{id}',
    'POST /v1/responses/{id}/cancel',
  ],
  'jobs:read': [
    'GET /v1/jobs',
    'GET /v1/jobs/{id}',
    'GET /v1/jobs/{id}/events',
    'POST /v1/routes/explain',
    'GET /v1/responses/{id}',
  ],
  batches: [
    'POST /v1/files',
    'GET /v1/files',
    'GET /v1/files/{id}',
    'DELETE /v1/files/{id}',
    'GET /v1/files/{id}/content',
    'POST /v1/batches',
    'GET /v1/batches',
    'GET /v1/batches/{id}',
    'GET /v1/batches/{id}/results',
    'POST /v1/batches/estimate',
    'POST /v1/batches/{id}/cancel',
    'POST /v1/batches/{id}/retry',
    'GET /v1/batches/{id}/events',
    'POST /v1/messages/batches',
    'GET /v1/messages/batches',
    'GET /v1/messages/batches/{id}',
    'DELETE /v1/messages/batches/{id}',
    'GET /v1/messages/batches/{id}/results',
    'POST /v1/messages/batches/{id}/cancel',
  ],
  webhooks: [
    'GET /v1/webhook_secret',
    'POST /v1/webhook_endpoints',
    'GET /v1/webhook_endpoints',
    'GET /v1/webhook_endpoints/{id}',
    'PATCH /v1/webhook_endpoints/{id}',
    'DELETE /v1/webhook_endpoints/{id}',
    'POST /v1/webhook_endpoints/{id}/enable',
    'POST /v1/webhook_endpoints/{id}/rotate_secret',
    'POST /v1/webhook_endpoints/{id}/ping',
    'POST /v1/webhook_endpoints/{id}/recover',
    'GET /v1/webhook_deliveries',
    'GET /v1/webhook_deliveries/{id}',
    'POST /v1/webhook_deliveries/{id}/redeliver',
    'GET /v1/webhook_events',
  ],
  'usage:read': ['GET /v1/budgets'],
  admin: [
    'POST /v1/keys',
    'GET /v1/keys',
    'GET /v1/keys/{id}',
    'PATCH /v1/keys/{id}',
    'DELETE /v1/keys/{id}',
    'POST /v1/keys/{id}/rotate',
    'POST /v1/keys/{id}/revoke',
    'GET /v1/audit_log',
    'GET /v1/providers',
    'GET /v1/providers/{name}',
    'PATCH /v1/providers/{name}',
    'POST /v1/providers/{name}/keys/{key}',
    'POST /v1/providers/{name}/breaker',
    'GET /v1/queues',
  ],
  'any key': ['GET /v1/models', 'GET /v1/models/{id}'],
};

let api: ApiFixture;
let operations: readonly OpenApiOperation[];
beforeAll(async () => {
  api = await startApiFixture({ limits: { maxFailuresPerMinute: 100_000 } });
  ({ operations } = await readOpenApi(api.url));
});
afterAll(() => api.close());

interface Made {
  id: string;
  key: string;
}
const make = async (body: object): Promise<Made> =>
  (await (await api.post('/v1/keys', { name: 'policy', ...body })).json()) as Made;

const underV1 = (): OpenApiOperation[] => operations.filter(({ path }) => path.startsWith('/v1/'));
const titleOf = ({ method, path }: OpenApiOperation): string => `${method} ${path}`;

/** The status of a route to a key, with ids that nobody has and an empty body; streams are left at once. */
async function ask({ method, path }: OpenApiOperation, key: string | null): Promise<number> {
  const control = new AbortController();
  const withBody = !['GET', 'HEAD', 'DELETE'].includes(method);
  const answer = await fetch(`${api.url}${path.replaceAll(/\{\w+\}/g, 'none-such')}`, {
    method,
    signal: control.signal,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(withBody ? { 'content-type': 'application/json' } : {}),
    },
    ...(withBody ? { body: '{}' } : {}),
  });
  control.abort();
  return answer.status;
}

const isLetIn = (status: number): boolean => status !== 401 && status !== 403;

function print(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): void {
  const line = ([first = '', ...cells]: readonly (string | number)[]): string =>
    `${String(first).padEnd(46)}${cells.map((cell) => String(cell).padEnd(13)).join('')}`.trimEnd();
  console.log(`${title}\n${[['', ...columns], ...rows].map(line).join('\n')}`);
}

const scopeOf = (title: string): string | undefined =>
  Object.entries(NEEDS).find(([, titles]) => titles.includes(title))?.[0];

test('each route lets in keys with its scope and admins, and nobody else', async () => {
  const keys: [string, string][] = [];
  for (const scope of API_KEY_SCOPES) keys.push([scope, (await make({ scopes: [scope] })).key]);
  const rows: (string | number)[][] = [];
  const wrong: object[] = [];
  for (const operation of underV1()) {
    const title = titleOf(operation);
    const needed = scopeOf(title);
    if (needed === undefined) throw new Error(`tell this test which scope ${title} needs`);
    const row: (string | number)[] = [title];
    for (const [scope, key] of keys) {
      const status = await ask(operation, key);
      row.push(status);
      const mayEnter = needed === 'any key' || scope === needed || scope === 'admin';
      if (mayEnter ? !isLetIn(status) : status !== 403) wrong.push({ title, needed, scope, status });
    }
    rows.push(row);
  }
  print('what each route answers to keys of one scope', API_KEY_SCOPES, rows);
  expect(wrong).toEqual([]);
  expect(rows).toHaveLength(Object.values(NEEDS).flat().length);
});

test('no route lets in a key that is unknown, expired, revoked, or replaced for longer than the overlap', async () => {
  const scopes = ['admin'];
  const soon = new Date(Date.now() + 1_000).toISOString();
  const expired = await make({ scopes, expires_at: soon });
  const revoked = await make({ scopes });
  await api.request(`/v1/keys/${revoked.id}`, { method: 'DELETE' });
  const rotate = async ({ id }: Made, overlap: string): Promise<Made> =>
    (await (await api.post(`/v1/keys/${id}/rotate`, { overlap })).json()) as Made;
  const overlapping = await make({ scopes });
  const renewed = await rotate(overlapping, '1h');
  const replaced = await make({ scopes });
  await rotate(replaced, '1s');
  const read = underV1().find((operation) => titleOf(operation) === 'GET /v1/keys');
  for (const { key } of [expired, replaced]) {
    await until(async () => read && (await ask(read, key)) === 401, { what: 'the end of a key' });
  }

  const keys: [string, string | null, 'in' | 'out'][] = [
    ['none', null, 'out'],
    ['unknown', `${renewed.key.slice(0, -1)}${renewed.key.endsWith('0') ? '1' : '0'}`, 'out'],
    ['expired', expired.key, 'out'],
    ['revoked', revoked.key, 'out'],
    ['replaced', replaced.key, 'out'],
    ['overlapping', overlapping.key, 'in'],
    ['its new one', renewed.key, 'in'],
  ];
  const rows: (string | number)[][] = [];
  const wrong: object[] = [];
  for (const operation of underV1()) {
    const row: (string | number)[] = [titleOf(operation)];
    for (const [name, key, expected] of keys) {
      const status = await ask(operation, key);
      row.push(status);
      if (expected === 'in' ? !isLetIn(status) : status !== 401) wrong.push({ row, name, status });
    }
    rows.push(row);
  }
  const columns = keys.map(([name]) => name);
  print(
    'what each route answers to keys with the scope admin that are no good, or were rotated',
    columns,
    rows,
  );
  expect(wrong).toEqual([]);
});
