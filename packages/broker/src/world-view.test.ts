import { configSchema, type LimiterStatus } from '@sluice/contracts';
import { breakerPolicy, type CallVerdict, type World } from '@sluice/core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createFreshBroker, type FreshBroker } from '../../../test/support/fresh-broker.ts';
import { startTestRedis, type TestRedis } from '../../../test/support/redis-for-tests.ts';
import { until } from '../../../test/support/until.ts';
import { openWorldView, type WorldView } from './world-view.ts';

const config = configSchema.parse({
  providers: { acme: { kind: 'openai' } },
  breaker: { cooldown: '1m', max_cooldown: '1m', slow: { min_calls: 50 } },
});
const policy = breakerPolicy(config.breaker);
const subject = { provider: 'acme', model: 'm', lane: 'live' } as const;

let server: TestRedis;
let fresh: FreshBroker;
let view: WorldView;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.close());
beforeEach(() => {
  fresh = createFreshBroker(server.url);
  view = openWorldView({
    open: () => ({ redis: fresh.redis, backlog: fresh.broker.backlog, budgets: fresh.broker.budgets }),
    keys: fresh.broker.keys,
    config: () => config,
    knownTargets: () => ['acme/m', 'acme/other'],
    onError: (error) => void fresh.deferred.push(error),
  });
});
afterEach(async () => {
  view.close();
  await fresh.close();
});

async function record(
  verdict: CallVerdict,
  over: { epoch?: number; firstTokenMs?: number; totalMs?: number } = {},
): Promise<void> {
  const call = {
    epoch: 0,
    verdict,
    tier: 'standard' as const,
    firstTokenMs: 100,
    totalMs: 400,
    completionTokens: 20,
  };
  await fresh.broker.health.record(subject, { ...call, ...over }, policy);
}

function seen(what: string, of: (target: NonNullable<World['targets']['acme/m']>) => boolean | undefined) {
  return until(
    () => {
      const target = view.world().targets['acme/m'];
      return target && of(target) ? target : null;
    },
    { timeoutMs: 5_000, what },
  );
}

test('a target of which nothing is known is free and healthy', async () => {
  const target = await seen('the first read', () => true);
  expect(target).toEqual({ waitMs: { priority: 0, standard: 0, flex: 0 } });
  expect(Math.abs(view.world().nowMs - Date.now())).toBeLessThan(1_000);
});

test('latencies by tier, and the error rate once there are enough calls', async () => {
  for (let n = 0; n < 9; n += 1) await record(n === 0 ? 'failed' : 'ok');
  const { latency, errorRate } = await seen('latencies', (target) => target.latency !== undefined);
  expect(errorRate).toBeUndefined();
  const near = (ms: number) => (found: number | null | undefined) => Math.abs((found ?? 0) / ms - 1) < 0.08;
  expect(latency?.standard?.firstTokenP50Ms).toSatisfy(near(100));
  expect(latency?.standard?.totalP50Ms).toSatisfy(near(400));
  expect(latency?.priority).toBeUndefined();
  await record('ok');
  const target = await seen('the error rate', ({ errorRate: rate }) => rate !== undefined);
  expect(target.errorRate).toBe(0.1);
});

test('an open breaker, until when, and one set by hand', async () => {
  for (let n = 0; n < 5; n += 1) await record('failed');
  const { breakers } = await seen('the breaker', (target) => target.breakers?.live?.state === 'open');
  const untilMs = breakers?.live?.state === 'open' ? breakers.live.untilMs : 0;
  expect(Math.abs(untilMs - Date.now() - 60_000)).toBeLessThan(3_000);
  await fresh.broker.health.force('acme', [subject], 'closed');
  const forced = await seen('the force', (target) => target.breakers?.live?.state === 'closed');
  expect(forced.breakers?.live).toEqual({ state: 'closed', forced: true });
});

test('calls of before an opening do not count any more', async () => {
  for (let n = 0; n < 5; n += 1) await record('failed');
  for (let n = 0; n < 20; n += 1) await record('ok');
  expect((await fresh.broker.health.breakers('acme')).get('live|m')).toMatchObject({
    epoch: 1,
    phase: { state: 'open' },
  });
});

test('a model that is far from its own pace is slow, until it is back or nothing is known', async () => {
  for (let n = 0; n < 60; n += 1) await record('ok');
  for (let n = 0; n < 10; n += 1) await record('ok', { firstTokenMs: 900, totalMs: 1_200 });
  expect(await seen('that it is slow', ({ isSlow }) => isSlow)).toMatchObject({ isSlow: true });
  for (let n = 0; n < 10; n += 1) await record('ok');
  await seen('that it is not slow', ({ isSlow }) => !isSlow);
});

test('the most used limit of provider, model and the emptiest key; calls in flight are a wait and not a use', async () => {
  const limit = {
    scope: '',
    model: null,
    key: null,
    dimension: 'requests',
    limit: 10,
    remaining: 0,
    next_free_ms: 0,
  };
  const status: LimiterStatus = {
    limits: [
      { ...limit, used: 5 },
      { ...limit, model: 'm', used: 7 },
      { ...limit, model: 'other', used: 9 },
      { ...limit, key: 'a', used: 10, next_free_ms: 5_000 },
      { ...limit, key: 'b', used: 2 },
      { ...limit, dimension: 'concurrency', used: 10, next_free_ms: 250 },
    ],
    holders: [],
    paused_ms: 0,
    rate_share: 1,
  };
  await fresh.broker.operations.publishLimiter('acme', status);
  const target = await seen('the limits', ({ limitsUsed }) => limitsUsed !== undefined);
  expect(target.limitsUsed).toBe(0.7);
  expect(target.waitMs?.standard).toBe(250);
});
