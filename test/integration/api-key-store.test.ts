import { randomBytes } from 'node:crypto';
import { createApiKeyStore, createInstallationSecret } from '@sluice/broker';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestRedis, type TestRedis } from '../support/redis-for-tests.ts';
import { until } from '../support/until.ts';

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await startTestRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.close();
});

const freshPrefix = (): string => `t${randomBytes(5).toString('hex')}`;
const NEW_KEY = { name: 'test', tenant: 'default', scopes: ['jobs:read' as const], expiresAtMs: null };

test('a key is found by its text alone; a changed secret of a known id is unknown', async () => {
  const store = createApiKeyStore({ redis, prefix: freshPrefix() });
  const { key, record } = await store.create(NEW_KEY);
  expect(await store.verify(key)).toMatchObject({
    status: 'ok',
    key: { id: record.id, scopes: ['jobs:read'] },
  });
  const last = key.endsWith('0') ? '1' : '0';
  expect(await store.verify(key.slice(0, -1) + last)).toEqual({ status: 'unknown' });
  expect(await store.verify(`${key}0`)).toEqual({ status: 'unknown' });
  expect(await store.verify('')).toEqual({ status: 'unknown' });
});

test('a key works until it expires', async () => {
  let nowMs = 1_000_000;
  const store = createApiKeyStore({ redis, prefix: freshPrefix(), now: () => nowMs });
  const { key } = await store.create({ ...NEW_KEY, expiresAtMs: 1_002_000 });
  expect((await store.verify(key)).status).toBe('ok');
  nowMs = 1_002_000;
  expect((await store.verify(key)).status).toBe('expired');
});

test('another process learns of a revocation within a second, the one that revokes at once', async () => {
  let nowMs = 1_000_000;
  const prefix = freshPrefix();
  const here = createApiKeyStore({ redis, prefix, now: () => nowMs });
  const there = createApiKeyStore({ redis, prefix, now: () => nowMs });
  const { key, record } = await here.create(NEW_KEY);
  expect((await there.verify(key)).status).toBe('ok');
  await here.revoke(record.id);
  expect((await here.verify(key)).status).toBe('revoked');
  expect((await there.verify(key)).status).toBe('ok');
  nowMs += 900;
  expect((await there.verify(key)).status).toBe('revoked');
});

test('a rotated key works beside the new one until the overlap is over', async () => {
  let nowMs = 1_000_000;
  const store = createApiKeyStore({ redis, prefix: freshPrefix(), now: () => nowMs });
  const { key: first, record } = await store.create(NEW_KEY);
  const second = await store.rotate(record.id, { overlapMs: 10_000 });
  expect(second?.key).not.toBe(first);
  expect(second?.record).toMatchObject({ id: record.id, previousUntilMs: 1_010_000 });
  for (const key of [first, second?.key ?? '']) expect((await store.verify(key)).status).toBe('ok');
  nowMs += 10_000;
  expect((await store.verify(first)).status).toBe('unknown');
  expect((await store.verify(second?.key ?? '')).status).toBe('ok');
  await store.revoke(record.id);
  expect(await store.rotate(record.id, { overlapMs: 0 })).toBeNull();
});

test('a key remembers its last use, and changes of what it may take', async () => {
  let nowMs = 1_000_000;
  const prefix = freshPrefix();
  const store = createApiKeyStore({ redis, prefix, now: () => nowMs });
  const { key, record } = await store.create({ ...NEW_KEY, limits: { queued_jobs: 3 } });
  expect((await store.get(record.id))?.lastUsedAtMs).toBeNull();
  await store.verify(key);
  await until(async () => (await store.get(record.id))?.lastUsedAtMs === 1_000_000, { what: 'the last use' });
  await store.change(record.id, { limits: { queued_jobs: 5 } });
  nowMs += 900;
  const outcome = await createApiKeyStore({ redis, prefix, now: () => nowMs }).verify(key);
  expect(outcome).toMatchObject({
    status: 'ok',
    key: { limits: { queued_jobs: 5 }, lastUsedAtMs: 1_000_000 },
  });
});

test('revoking and reading keys that do not exist answers null', async () => {
  const store = createApiKeyStore({ redis, prefix: freshPrefix() });
  for (const id of ['key_0000000000000000', 'key_x', '']) {
    expect(await store.revoke(id)).toBeNull();
    expect(await store.get(id)).toBeNull();
  }
  expect(await store.list({ limit: 10, after: 'key_x' })).toBeNull();
  expect(await store.list({ limit: 10 })).toEqual({ keys: [], hasMore: false });
});

test('all processes get the same installation secret, also when they ask at once', async () => {
  const prefix = freshPrefix();
  const secrets = await Promise.all(
    Array.from({ length: 10 }, () => createInstallationSecret({ redis, prefix })()),
  );
  expect(new Set(secrets.map((secret) => secret.toString('hex'))).size).toBe(1);
  expect(secrets[0]).toHaveLength(32);
  expect(await createInstallationSecret({ redis, prefix: freshPrefix() })()).not.toEqual(secrets[0]);
});
