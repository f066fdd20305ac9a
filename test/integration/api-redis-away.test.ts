import { loadEnvironment, createLogger } from '@sluice/runtime';
import { startApi } from '@sluice/api';
import { configSchema } from '@sluice/contracts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { REDIS_COMMAND, startOwnRedis, type OwnRedis } from './api-redis-server.ts';
import { refusal, startApiFixture, SUBMISSION, type ApiFixture } from './api-fixture.ts';

const logger = createLogger({ name: 'test', level: 'silent' });

/** What a caller waits at most: one command timeout, and room for a busy machine. */
const QUICK_MS = 4_000;

async function quickly<Value>(work: Promise<Value>): Promise<Value> {
  const before = performance.now();
  const value = await work;
  expect(performance.now() - before).toBeLessThan(QUICK_MS);
  return value;
}

async function expectAllRefused(fixture: ApiFixture): Promise<void> {
  const asked = [
    () => fixture.post('/v1/jobs', SUBMISSION),
    () => fixture.post('/v1/jobs', SUBMISSION, { 'idempotency-key': 'k', prefer: 'wait=30' }),
    () => fixture.request('/v1/jobs'),
    () => fixture.request('/v1/jobs/job_1'),
    () => fixture.request('/v1/jobs/job_1?wait=30'),
    () => fixture.request('/v1/jobs/job_1/events'),
    () => fixture.request('/v1/keys'),
    () => fixture.request('/readyz'),
    () =>
      fixture.request('/v1/jobs', {
        headers: { authorization: `Bearer sk_sluice_${'1'.repeat(16)}_${'1'.repeat(64)}` },
      }),
  ];
  for (const ask of asked) {
    const answer = await quickly(ask());
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refusal(answer)).toMatchObject({ status: 503, code: 'redis_unavailable' });
  }
  expect((await fixture.request('/livez')).status).toBe(200);
  expect((await fixture.request('/metrics')).status).toBe(200);
}

describe.skipIf(REDIS_COMMAND === undefined)('with a Redis of its own', () => {
  let redis: OwnRedis;
  let api: ApiFixture;
  beforeEach(async () => {
    redis = await startOwnRedis();
    api = await startApiFixture({ redisUrl: redis.url, limits: { pollMs: 500 } });
  });
  afterEach(async () => {
    redis.thaw();
    await api.close();
    await redis.close();
  });

  test('while Redis is stopped every request is a quick 503, and afterwards all goes on', async () => {
    const { id } = await api.submit();
    await redis.stop();
    await expectAllRefused(api);
    await redis.start();
    await until(async () => (await api.request('/readyz')).status === 200, { what: 'readiness' });
    expect((await (await api.request(`/v1/jobs/${id}`)).json()) as object).toMatchObject({
      id,
      status: 'queued',
    });
    expect((await api.submit()).status).toBe('queued');
  });

  test('while Redis hangs every request is a quick 503, and afterwards all goes on', async () => {
    redis.freeze();
    await expectAllRefused(api);
    redis.thaw();
    await until(async () => (await api.request('/readyz')).status === 200, { what: 'readiness' });
    expect((await api.post('/v1/jobs', SUBMISSION)).status).toBe(202);
  });

  test('a stream outlives an outage and misses nothing', async () => {
    const { id } = await api.submit();
    const answer = await api.request(`/v1/jobs/${id}/events`);
    const text = answer.text();
    await redis.stop();
    await until(async () => (await api.request('/readyz')).status === 503, { what: 'the outage' });
    await redis.start();
    await until(async () => (await api.post(`/v1/jobs/${id}/cancel`, '')).status === 200, {
      what: 'the cancel',
    });
    const ids = [...(await text).matchAll(/^id: (\d+)$/gm)].map(([, seq]) => seq);
    expect(ids).toEqual(['1', '2']);
  });

  test('an API that was started without Redis works once it is there', async () => {
    await redis.stop();
    const { environment } = api;
    const late = await startApi({ config: configSchema.parse({}), environment, logger });
    const ready = async (): Promise<number> => (await fetch(`${late.url}/readyz`)).status;
    expect(await ready()).toBe(503);
    await redis.start();
    await until(async () => (await ready()) === 200, { what: 'readiness' });
    await late.close();
  });

  test('the API closes while Redis is away', async () => {
    await api.submit();
    await redis.stop();
    await expect(quickly(api.close())).resolves.toBeUndefined();
  });
});

test('the API starts without Redis and says so on every request', async () => {
  const environment = loadEnvironment({
    REDIS_URL: 'redis://127.0.0.1:1',
    PORT: '0',
    SLUICE_ADMIN_KEY: 'admin',
  });
  const started = await startApi({ config: configSchema.parse({}), environment, logger });
  try {
    const headers = { authorization: 'Bearer admin', 'content-type': 'application/json' };
    const answer = await quickly(
      fetch(`${started.url}/v1/jobs`, { method: 'POST', headers, body: JSON.stringify(SUBMISSION) }),
    );
    // The empty configuration knows no route, which is found out without Redis.
    expect((await refusal(answer)).code).toBe('unknown_route');
    const listed = await quickly(fetch(`${started.url}/v1/jobs`, { headers }));
    expect(await refusal(listed)).toMatchObject({ status: 503, code: 'redis_unavailable' });
    const ready = await quickly(fetch(`${started.url}/readyz`));
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ status: 'unavailable', redis: null, durability: 'fsync' });
  } finally {
    await started.close();
  }
});
