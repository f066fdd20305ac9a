import { createLimiterChanges, createProviderLimiter } from '@sluice/limiter';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LimiterRedis } from '../support/limiter-redis.ts';
import { startLimiterRedis } from '../support/limiter-redis.ts';
import { until } from '../support/limiter-until.ts';

let server: LimiterRedis;

beforeAll(async () => {
  server = await startLimiterRedis();
});
afterAll(() => server.close());

const BUCKETS = 10_000;

async function commands(observer: Redis): Promise<number> {
  return Number(/total_commands_processed:(\d+)/.exec(await observer.info('stats'))?.[1]);
}

it('ten thousand buckets that nobody uses cost no traffic', async () => {
  const redis = await server.connect();
  const errors: Error[] = [];
  const onError = (error: Error) => void errors.push(error);
  const changes = createLimiterChanges(await server.connect(), { onError });
  const renewEveryMs = 50;
  const times = { leaseMs: 250, renewEveryMs };
  const limiters = Array.from({ length: BUCKETS }, (_, index) => {
    const limits = { provider: { requests_per_minute: 60_000, arrival_jitter_ms: 0 }, models: {} };
    const provider = `provider-${index}`;
    const options = { redis, prefix: 'idle', provider, limits, changes, ...times };
    return createProviderLimiter({ ...options, onError });
  });
  const { signal } = new AbortController();
  const estimate = { inputTokens: 1, outputTokens: 1 };
  const run = async (index: number) =>
    limiters[index]?.run({ model: 'gpt', reservationId: `r${index}`, estimate, signal }, async () => {});
  let next = 0;
  const work = async () => {
    for (let index = next++; index < BUCKETS; index = next++) await run(index);
  };
  await Promise.all(Array.from({ length: 50 }, work));
  const observer = await server.connect();
  // The renewals that were due when the calls ended find nothing to do.
  let before = -2;
  await until('all is quiet', async () => {
    const now = await commands(observer);
    const quiet = now - before === 1;
    before = now;
    return quiet;
  });
  const quietAtMs = performance.now();
  await until('ten renewal intervals to pass', () => performance.now() - quietAtMs > 10 * renewEveryMs);
  // Only the question itself.
  expect(await commands(observer)).toBe(before + 1);
  await Promise.all(limiters.map((limiter) => limiter.close()));
  changes.close();
  expect(errors).toEqual([]);
});
