import type { Limits } from '@sluice/contracts';
import { createLimiterChanges, createProviderLimiter } from '@sluice/limiter';
import type { Permit, PermitRequest, ProviderLimiter, ProviderLimits } from '@sluice/limiter';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LimiterRedis } from '../support/limiter-redis.ts';
import { startLimiterRedis } from '../support/limiter-redis.ts';
import { until } from '../support/limiter-until.ts';

let server: LimiterRedis;
let prefix = '';
const closing: (() => void | Promise<void>)[] = [];
const errors: Error[] = [];

beforeAll(async () => {
  server = await startLimiterRedis();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  const [error] = errors.splice(0);
  prefix = '';
  if (error) throw error;
});
afterAll(() => server.close());

const onError = (error: Error) => void errors.push(error);

async function createLimiter(limits: ProviderLimits): Promise<ProviderLimiter> {
  prefix ||= `test-${crypto.randomUUID()}`;
  const changes = createLimiterChanges(await server.connect(), { onError });
  const redis = await server.connect();
  const limiter = createProviderLimiter({ redis, changes, prefix, provider: 'openai', limits, onError });
  closing.push(
    () => changes.close(),
    () => limiter.close(),
  );
  return limiter;
}

function pool(
  keys: Record<string, Partial<Limits> | null>,
  provider: Partial<Limits> | null = null,
): ProviderLimits {
  const limited = Object.entries(keys).flatMap(([name, limits]) =>
    limits ? [[name, { arrival_jitter_ms: 0, ...limits }] as const] : [],
  );
  return {
    provider: provider && { arrival_jitter_ms: 0, ...provider },
    models: {},
    keys: Object.fromEntries(limited),
    pool: Object.keys(keys),
  };
}

function request(key: readonly string[], changes: Partial<PermitRequest> = {}): PermitRequest {
  const { signal } = new AbortController();
  const estimate = { inputTokens: 0, outputTokens: 0 };
  return { model: 'gpt', key, reservationId: crypto.randomUUID(), estimate, signal, ...changes };
}

/** Calls that stay open until they are let go; each answers its key. */
function openCalls(limiter: ProviderLimiter) {
  const ends: (() => void)[] = [];
  return {
    async start(key: readonly string[], changes: Partial<PermitRequest> = {}): Promise<string | null> {
      const started = Promise.withResolvers<string | null>();
      const ended = Promise.withResolvers<void>();
      ends.push(ended.resolve);
      limiter
        .run(request(key, { maxWaitMs: 0, ...changes }), async (permit) => {
          started.resolve(permit.key);
          await ended.promise;
        })
        .then(({ status }) => started.resolve(status), started.reject);
      return started.promise;
    },
    end: () => ends.splice(0).forEach((end) => end()),
  };
}

const names = ['a', 'b'];

describe('of several keys a call', () => {
  it('takes the first named, and the next when its slots are taken', async () => {
    const limiter = await createLimiter(pool({ a: { concurrency: 1 }, b: { concurrency: 2 } }));
    const calls = openCalls(limiter);
    const taken = [await calls.start(names), await calls.start(names), await calls.start(names)];
    expect(taken).toEqual(['a', 'b', 'b']);
    expect(await calls.start(names)).toBe('postponed');
    calls.end();
    await until('the slots are free', async () => (await limiter.states()).every(({ used }) => used === 0));
    expect(await calls.start(['b', 'a'])).toBe('b');
    calls.end();
  });

  it('takes the one that can start first, whatever the order is', async () => {
    const limiter = await createLimiter(
      pool({
        a: { requests_per_minute: 6, burst_requests: 1 },
        b: { requests_per_minute: 600, burst_requests: 1 },
      }),
    );
    const used: (string | null)[] = [];
    for (let n = 0; n < 6; n += 1) {
      await limiter.run(request(names), async ({ key }) => void used.push(key));
    }
    // A key that nothing is known of starts empty: of both, b fills a hundred times as fast.
    expect(used.filter((key) => key === 'b').length).toBeGreaterThanOrEqual(5);
  });

  it('uses all of every key’s rate and no more', async () => {
    const limits = { requests_per_minute: 600, burst_requests: 1 };
    const limiter = await createLimiter(pool({ a: limits, b: limits }));
    const counts: Record<string, number> = {};
    const stopAt = performance.now() + 2_000;
    const worker = async (): Promise<void> => {
      while (performance.now() < stopAt) {
        await limiter.run(request(names, { maxWaitMs: 200 }), async ({ key }) => {
          counts[key ?? ''] = (counts[key ?? ''] ?? 0) + 1;
        });
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    for (const name of names) {
      expect(counts[name]).toBeGreaterThanOrEqual(17);
      expect(counts[name]).toBeLessThanOrEqual(22);
    }
  });

  it('is held to the provider’s own limits as well', async () => {
    const limiter = await createLimiter(
      pool({ a: { concurrency: 5 }, b: { concurrency: 5 } }, { concurrency: 3 }),
    );
    const calls = openCalls(limiter);
    for (let n = 0; n < 3; n += 1) expect(await calls.start(names)).toBe('a');
    expect(await calls.start(names)).toBe('postponed');
    calls.end();
  });

  it('keeps the claim of a heavy call at one key until it starts there', async () => {
    const limits = { tokens_per_minute: 60_000, burst_tokens: 1_000 };
    const limiter = await createLimiter(pool({ a: limits, b: limits }));
    const heavy = { estimate: { inputTokens: 900, outputTokens: 0 } };
    const outcome = await limiter.run(request(names, heavy), async ({ key }) => key);
    expect(outcome).toEqual({ status: 'ran', value: 'a' });
    // Nothing is held back at the other one.
    expect((await limiter.states()).find(({ key }) => key === 'b')).toMatchObject({ used: 1_000 });
  });
});

describe('a refusal of one key of a pool', () => {
  it.each([
    ['with limits', { a: { concurrency: 10 }, b: { concurrency: 10 } }, null],
    ['without', { a: null, b: null }, null],
    ['with limits of the provider alone', { a: null, b: null }, { concurrency: 10 }],
  ])('stops that key in all processes and no other, keys %s', async (_, keys, provider) => {
    const first = await createLimiter(pool(keys, provider));
    const second = await createLimiter(pool(keys, provider));
    const refuse = async (permit: Permit): Promise<string | null> => {
      permit.learn({ limited: true, retryAfterMs: 700, remaining: {} });
      return permit.key;
    };
    expect(await first.run(request(names), refuse)).toEqual({ status: 'ran', value: 'a' });
    expect(await first.run(request(names), async ({ key }) => key)).toEqual({ status: 'ran', value: 'b' });
    await until('the other process has heard of it', async () => {
      const outcome = await second.run(request(names), async ({ key }) => key);
      return outcome.status === 'ran' && outcome.value === 'b';
    });
    expect(await second.run(request(['a'], { maxWaitMs: 0 }), async () => {})).toMatchObject({
      status: 'postponed',
    });
    const report = await second.report();
    expect(report.pausedMs).toBe(0);
    expect(report.keysPausedMs['a']).toBeGreaterThan(0);
    expect(report.keysPausedMs['b']).toBe(0);
    await until('it is used again', async () => {
      const outcome = await second.run(request(names), async ({ key }) => key);
      return outcome.status === 'ran' && outcome.value === 'a';
    });
  });

  it('of all of them stops the provider until the first is free again', async () => {
    const limiter = await createLimiter(pool({ a: null, b: null }));
    const refuse = (retryAfterMs: number) => async (permit: Permit) => {
      permit.learn({ limited: true, retryAfterMs, remaining: {} });
      return permit.key;
    };
    await limiter.run(request(names), refuse(5_000));
    await limiter.run(request(names), refuse(500));
    const outcome = await limiter.run(request(names, { maxWaitMs: 0 }), async () => {});
    expect(outcome).toMatchObject({ status: 'postponed' });
    expect(outcome.status === 'postponed' && outcome.readyInMs).toBeLessThanOrEqual(500);
    expect((await limiter.report()).pausedMs).toBeGreaterThan(0);
    expect(await limiter.run(request(names), async ({ key }) => key)).toEqual({ status: 'ran', value: 'b' });
  });
});
