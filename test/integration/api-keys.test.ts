import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal, startApiFixture, SUBMISSION, type ApiFixture } from './api-fixture.ts';

interface Key {
  id: string;
  key: string;
  webhook_secret: string;
  tenant: string;
  scopes: string[];
  revoked_at: string | null;
}

let api: ApiFixture;
beforeAll(async () => {
  api = await startApiFixture();
});
afterAll(() => api.close());

const make = async (body: object): Promise<Key> => (await (await api.post('/v1/keys', body)).json()) as Key;
const as = (key: string): { headers: Record<string, string> } => ({
  headers: { authorization: `Bearer ${key}` },
});

test('a key is shown once, and works with either header', async () => {
  const made = await make({ name: 'mine' });
  expect(made.key).toMatch(/^sk_sluice_[0-9a-f]{16}_[0-9a-f]{64}$/);
  expect(made).toMatchObject({ tenant: 'default', revoked_at: null });
  expect(made.scopes).not.toContain('admin');
  expect((await api.request('/v1/jobs', as(made.key))).status).toBe(200);
  expect((await fetch(`${api.url}/v1/jobs`, { headers: { 'x-api-key': made.key } })).status).toBe(200);
  const shown = await (await api.request(`/v1/keys/${made.id}`)).text();
  expect(shown).not.toContain(made.key);
  expect(shown).not.toContain(made.webhook_secret);
});

test('neither key nor secret is in Redis but as a digest', async () => {
  const made = await make({ name: 'hidden' });
  const { redis } = api.open;
  const stored = JSON.stringify(
    await redis.hgetall(`${api.environment.redisPrefix}:apikey:{${made.id.replace('key_', '')}}`),
  );
  expect(stored).toContain('digest');
  expect(stored).not.toContain(made.key);
  expect(stored).not.toContain(made.key.split('_').at(-1));
});

test('each key has its own webhook secret, and the admin key the same one in every process', async () => {
  const made = await make({ name: 'hooks' });
  const own = await (await api.request('/v1/webhook_secret', as(made.key))).json();
  expect(own).toEqual({ object: 'webhook_secret', secret: made.webhook_secret });
  const admin = (await (await api.request('/v1/webhook_secret')).json()) as { secret: string };
  expect(admin.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(await (await api.request('/v1/webhook_secret')).json()).toEqual(admin);
});

test('a revoked key is refused, and revoking twice keeps the first time', async () => {
  const made = await make({ name: 'revoked' });
  const revoke = async (): Promise<Key> =>
    (await (await api.request(`/v1/keys/${made.id}`, { method: 'DELETE' })).json()) as Key;
  const first = await revoke();
  expect(first.revoked_at).not.toBeNull();
  expect(await revoke()).toEqual(first);
  const answer = await api.request('/v1/jobs', as(made.key));
  expect(await refusal(answer)).toMatchObject({ status: 401, code: 'invalid_api_key' });
});

test('only the admin scope may touch keys', async () => {
  const plain = await make({ name: 'plain' });
  const answers = [
    await api.request('/v1/keys', as(plain.key)),
    await api.request(`/v1/keys/${plain.id}`, { method: 'DELETE', ...as(plain.key) }),
    await api.post('/v1/keys', { name: 'x' }, as(plain.key).headers),
  ];
  for (const answer of answers) {
    expect(await refusal(answer)).toMatchObject({ status: 403, code: 'not_allowed' });
  }
  const admin = await make({ name: 'second admin', scopes: ['admin'] });
  expect((await api.request('/v1/keys', as(admin.key))).status).toBe(200);
});

test('wrong fields of a new key are refused', async () => {
  const cases: [object, string, string][] = [
    [{}, 'invalid_request', 'name'],
    [{ name: 'x', tenant: 'a b' }, 'invalid_request', 'tenant'],
    [{ name: 'x', scopes: ['all'] }, 'invalid_request', 'scopes.0'],
    [{ name: 'x', expires_at: '2020-01-01T00:00:00Z' }, 'invalid_request', 'expires_at'],
    [{ name: 'x', limits: { tokens: 1 } }, 'invalid_request', 'limits.tokens'],
  ];
  for (const [body, code, param] of cases) {
    expect(await refusal(await api.post('/v1/keys', body))).toMatchObject({ status: 400, code, param });
  }
});

test('keys are listed newest first', async () => {
  const made = await make({ name: 'newest' });
  const page = (await (await api.request('/v1/keys?limit=1')).json()) as { data: Key[]; has_more: boolean };
  expect(page.data.map(({ id }) => id)).toEqual([made.id]);
  expect(page.has_more).toBe(true);
  const next = (await (await api.request(`/v1/keys?limit=1&after=${made.id}`)).json()) as { data: Key[] };
  expect(next.data[0]?.id).not.toBe(made.id);
});

test("a job carries its key's id", async () => {
  const made = await make({ name: 'submitter' });
  await api.post('/v1/jobs', SUBMISSION, as(made.key).headers);
  const mine = (await (await api.request(`/v1/jobs?key=${made.id}`)).json()) as { data: object[] };
  expect(mine.data).toHaveLength(1);
});
