import { randomBytes } from 'node:crypto';
import { createApiKeyStore, createInstallationSecret } from '@sluice/broker';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestRedis, type TestRedis } from '../support/redis-for-tests.ts';

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
  expect(await store.verify(key)).toEqual({ status: 'ok', key: record });
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

test('another process learns of a revocation within 5 s, the one that revokes at once', async () => {
  let nowMs = 1_000_000;
  const prefix = freshPrefix();
  const here = createApiKeyStore({ redis, prefix, now: () => nowMs });
  const there = createApiKeyStore({ redis, prefix, now: () => nowMs });
  const { key, record } = await here.create(NEW_KEY);
  expect((await there.verify(key)).status).toBe('ok');
  await here.revoke(record.id);
  expect((await here.verify(key)).status).toBe('revoked');
  expect((await there.verify(key)).status).toBe('ok');
  nowMs += 5_000;
  expect((await there.verify(key)).status).toBe('revoked');
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
