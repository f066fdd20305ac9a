import { API_KEY_SCOPES, type ApiKeyScope } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal, startApiFixture, type ApiFixture } from './api-fixture.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await startApiFixture({ limits: { maxFailuresPerMinute: 20 } });
});
afterAll(async () => api.close());

async function keyWith(scopes: readonly ApiKeyScope[]): Promise<Record<string, string>> {
  const made = (await (await api.post('/v1/keys', { name: 'scoped', scopes })).json()) as { key: string };
  return { authorization: `Bearer ${made.key}` };
}

/** One path for each scope, and what it answers to a key that has it. */
const PATHS: readonly [ApiKeyScope, string, string, number][] = [
  ['jobs:read', 'GET', '/v1/jobs', 200],
  ['jobs:write', 'POST', '/v1/jobs/job_x/cancel', 404],
  ['webhooks', 'GET', '/v1/webhook_secret', 200],
  ['admin', 'GET', '/v1/keys', 200],
  ['admin', 'GET', '/v1/providers', 200],
  ['admin', 'GET', '/v1/queues', 200],
  ['admin', 'GET', '/v1/audit_log', 200],
];

test('each path needs its scope, and no other will do', async () => {
  for (const scope of API_KEY_SCOPES) {
    const headers = await keyWith([scope]);
    for (const [needed, method, path, status] of PATHS) {
      const answer = await api.request(path, { method, headers });
      const expected = scope === needed || scope === 'admin' ? status : 403;
      expect({ scope, method, path, status: answer.status }).toEqual({
        scope,
        method,
        path,
        status: expected,
      });
    }
    expect((await api.request('/v1/models', { headers })).status).toBe(200);
  }
});

test('a key that may not read goes on after no earlier response', async () => {
  const headers = await keyWith(['jobs:write']);
  const item = { type: 'item_reference', id: 'msg_0123456789abcdef0123456789abcd' };
  for (const fields of [{ input: 'Hi.', previous_response_id: 'resp_0123456789abcdef' }, { input: [item] }]) {
    const { status, code } = await refusal(await api.post('/v1/responses', fields, headers));
    expect({ status, code }).toEqual({ status: 403, code: 'not_allowed' });
  }
});

test('administrative changes are in the audit log, refused ones too, without secrets', async () => {
  const reader = await keyWith(['jobs:read']);
  const refused = await api.post('/v1/keys', { name: 'not for me' }, reader);
  const made = (await (await api.post('/v1/keys', { name: 'audited' })).json()) as {
    id: string;
    key: string;
  };
  await api.request(`/v1/keys/${made.id}`, { method: 'DELETE' });
  const text = await (await api.request('/v1/audit_log?limit=3')).text();
  const { data, has_more: hasMore } = JSON.parse(text) as { data: object[]; has_more: boolean };
  expect(data).toMatchObject(
    [
      { action: 'revokeKey', key_id: 'admin', target: made.id, status: 200 },
      { action: 'createKey', key_id: 'admin', status: 201, details: '{"name":"audited","tenant":"default"' },
      { action: 'createKey', status: 403, request_id: refused.headers.get('x-request-id') },
    ].map(({ details, ...entry }) =>
      details ? { ...entry, details: expect.stringContaining('audited') } : entry,
    ),
  );
  expect(text).not.toContain(made.key);
  expect(hasMore).toBe(true);
  const last = (JSON.parse(text) as { last_id: string }).last_id;
  const next = (await (await api.request(`/v1/audit_log?after=${last}`)).json()) as {
    data: { id: string }[];
  };
  expect(next.data.map(({ id }) => id)).not.toContain(last);
  expect(await refusal(await api.request('/v1/audit_log?after=aud_x'))).toMatchObject({
    code: 'invalid_cursor',
  });
});

test('an address with too many wrong keys or unknown paths is told to stop; a right key still works', async () => {
  const attempt = (index: number): Promise<Response> =>
    index % 2 === 0
      ? api.request('/v1/jobs', { headers: { authorization: 'Bearer sk_wrong' } })
      : api.request(`/nothing/${index}`);
  const statuses: number[] = [];
  for (let index = 0; index < 24; index += 1) statuses.push((await attempt(index)).status);
  expect(new Set(statuses.slice(0, 20))).toEqual(new Set([401, 404]));
  expect(new Set(statuses.slice(20))).toEqual(new Set([429]));
  const refused = await attempt(0);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refusal(refused)).toMatchObject({ code: 'too_many_failures' });
  expect((await api.request('/v1/jobs')).status).toBe(200);
});
