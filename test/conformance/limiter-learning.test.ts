import { createTokenLearner } from '@sluice/core';
import type { Limits } from '@sluice/contracts';
import { createLimiterChanges, createProviderLimiter, shareTokenRatios } from '@sluice/limiter';
import type { PermitRequest, ProviderHint, ProviderLimiter, ProviderLimits } from '@sluice/limiter';
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

/** A limiter as another process would have it: with connections of its own, on the buckets of the test. */
async function createLimiter(limits: ProviderLimits, defaultPauseMs = 400): Promise<ProviderLimiter> {
  prefix ||= `test-${crypto.randomUUID()}`;
  const changes = createLimiterChanges(await server.connect(), { onError });
  const redis = await server.connect();
  const worker = `worker ${closing.length}`;
  const options = { redis, changes, worker, defaultPauseMs };
  const limiter = createProviderLimiter({ ...options, prefix, provider: 'openai', limits, onError });
  closing.push(
    () => changes.close(),
    () => limiter.close(),
  );
  return limiter;
}

function limited(limits: Partial<Limits>): ProviderLimits {
  return { provider: { arrival_jitter_ms: 0, ...limits }, models: {} };
}

function request(changes: Partial<PermitRequest> = {}): PermitRequest {
  const { signal } = new AbortController();
  const estimate = { inputTokens: 0, outputTokens: 0 };
  return { model: 'gpt', reservationId: crypto.randomUUID(), estimate, signal, ...changes };
}

const REFUSED: ProviderHint = { limited: true, retryAfterMs: 600, remaining: {} };
const soon = { maxWaitMs: 0 };

async function learn(limiter: ProviderLimiter, hint: ProviderHint, changes: Partial<PermitRequest> = {}) {
  await limiter.run(request(changes), async (permit) => permit.learn(hint));
}

describe('a refusal of the provider', () => {
  it.each([
    ['with limits', limited({ requests_per_minute: 60_000 })],
    ['without any', { provider: null, models: {} }],
  ])('stops the calls of all processes, %s, until the time that it names', async (_, limits) => {
    const first = await createLimiter(limits);
    const second = await createLimiter(limits);
    expect((await second.run(request(), async () => {})).status).toBe('ran');
    await learn(first, REFUSED);
    expect(await first.run(request(soon), async () => {})).toMatchObject({ status: 'postponed' });
    await until('the other one has heard of it', async () => {
      return (await second.run(request(soon), async () => {})).status === 'postponed';
    });
    const pausedMs = (await second.report()).pausedMs;
    expect(pausedMs).toBeGreaterThan(0);
    expect(pausedMs).toBeLessThanOrEqual(600);
    expect((await second.run(request(), async () => {})).status).toBe('ran');
  });

  it('without a time pauses for the default, and the latest end of several wins', async () => {
    const limiter = await createLimiter(limited({ requests_per_minute: 60_000 }));
    await limiter.run(request(), async (permit) => {
      permit.learn({ ...REFUSED, retryAfterMs: 5_000 });
      permit.learn({ ...REFUSED, retryAfterMs: null });
      permit.learn({ ...REFUSED, retryAfterMs: 100 });
    });
    const { pausedMs } = await limiter.report();
    expect(pausedMs).toBeGreaterThan(4_000);
    const other = await createLimiter(limited({ requests_per_minute: 60_000 }), 1_000);
    prefix = '';
    const apart = await createLimiter(limited({ requests_per_minute: 60_000 }), 1_000);
    await learn(apart, { ...REFUSED, retryAfterMs: null });
    expect((await apart.report()).pausedMs).toBeGreaterThan(400);
    expect((await apart.report()).pausedMs).toBeLessThanOrEqual(1_500);
    await other.close();
  });

  it('halves the rate once for all calls that were under way, and lets it grow back evenly', async () => {
    const limiter = await createLimiter(limited({ requests_per_minute: 60_000 }));
    const hint = { ...REFUSED, retryAfterMs: 0 };
    let running = 0;
    const calls = Array.from({ length: 5 }, () =>
      limiter.run(request(), async (permit) => {
        running += 1;
        await until('all run', () => running === 5);
        permit.learn(hint);
      }),
    );
    await Promise.all(calls);
    const { rateShare } = await limiter.report();
    expect(rateShare).toBeGreaterThanOrEqual(0.5);
    expect(rateShare).toBeLessThan(0.6);
    await until('it grows', async () => (await limiter.report()).rateShare > rateShare);
    await learn(limiter, hint);
    expect((await limiter.report()).rateShare).toBeLessThan(rateShare);
  });

  it('of a key with limits of its own leaves the other keys alone', async () => {
    const own: Limits = { requests_per_minute: 60_000, arrival_jitter_ms: 0 };
    const limiter = await createLimiter({ provider: null, models: {}, keys: { main: own, spare: own } });
    await learn(limiter, REFUSED, { key: 'main' });
    expect((await limiter.run(request({ key: 'main', ...soon }), async () => {})).status).toBe('postponed');
    const spare = await limiter.run(request({ key: 'spare', maxWaitMs: 300 }), async () => {});
    expect(spare.status).toBe('ran');
  });
});

describe('what a provider says is left', () => {
  async function full(): Promise<ProviderLimiter> {
    const limiter = await createLimiter(limited({ requests_per_minute: 60, burst_requests: 100 }));
    limiter.setLimits(limited({ requests_per_minute: 600_000, burst_requests: 100 }));
    await limiter.run(request(), async () => {});
    await until('the bucket is full', async () => (await limiter.states())[0]?.used === 0);
    // Looked at once more, so that it is written down.
    await limiter.run(request(), async (permit) => permit.giveBack());
    limiter.setLimits(limited({ requests_per_minute: 60, burst_requests: 100 }));
    return limiter;
  }
  const left = async (limiter: ProviderLimiter) => (await limiter.states())[0]?.remaining ?? NaN;

  it('lowers the bucket for all, less what was granted since', async () => {
    const limiter = await full();
    await limiter.run(request(), async (permit) => {
      await limiter.run(request(), async () => {});
      await limiter.run(request(), async () => {});
      permit.learn({ limited: false, retryAfterMs: null, remaining: { requests: 10 } });
    });
    expect(await left(limiter)).toBeGreaterThan(7.9);
    expect(await left(limiter)).toBeLessThan(10);
  });

  it('never raises it', async () => {
    const limiter = await full();
    await limiter.run(request(), async (permit) => {
      permit.learn({ limited: false, retryAfterMs: null, remaining: { requests: 20 } });
      permit.learn({ limited: false, retryAfterMs: null, remaining: { requests: 90 } });
    });
    expect(await left(limiter)).toBeLessThan(22);
  });
});

describe('changed limits', () => {
  it('reach processes that do not call, and those without limits, within a second', async () => {
    const first = await createLimiter(limited({ concurrency: 1 }));
    const second = await createLimiter(limited({ concurrency: 1 }));
    const unlimited = await createLimiter({ provider: null, models: {} });
    await Promise.all([first.run(request(), async () => {}), second.run(request(), async () => {})]);
    first.setLimits(limited({ concurrency: 7 }));
    const limitOf = async (limiter: ProviderLimiter) => (await limiter.states())[0]?.limit;
    await until('the second', async () => (await limitOf(second)) === 7, 1_000);
    await until('the one without', async () => (await limitOf(unlimited)) === 7, 1_000);
    first.setLimits({ provider: null, models: {} });
    await until('none again', async () => (await second.states()).length === 0, 1_000);
    expect((await unlimited.run(request(), async () => {})).status).toBe('ran');
  });
});

describe('a report', () => {
  it('names who holds permits, and how each limit stands', async () => {
    const limits = { concurrency: 5, requests_per_day: 100, queued_batch_tokens: 1_000 };
    const first = await createLimiter(limited(limits));
    const second = await createLimiter(limited(limits));
    const ended = Promise.withResolvers<void>();
    const runs = [first, first, second].map((limiter) => limiter.run(request(), () => ended.promise));
    await until('all run', async () => {
      const { holders } = await first.report();
      return holders.reduce((sum, { calls }) => sum + calls, 0) === 3;
    });
    const { holders, states } = await second.report();
    expect(new Set(holders.map(({ calls }) => calls))).toEqual(new Set([1, 2]));
    expect(holders.every(({ worker }) => worker.startsWith('worker '))).toBe(true);
    const used = Object.fromEntries(states.map((state) => [state.dimension, state.used]));
    expect(used).toEqual({ concurrency: 3, requests_day: 3, queued_batch_tokens: 0 });
    ended.resolve();
    await Promise.all(runs);
  });
});

describe('limits per day', () => {
  it('hold in all processes, and the wait is until the next day', async () => {
    const first = await createLimiter(limited({ requests_per_day: 3 }));
    const second = await createLimiter(limited({ requests_per_day: 3 }));
    const tries = [first, second, first, second, first];
    const outcomes = [];
    for (const limiter of tries) outcomes.push((await limiter.run(request(soon), async () => {})).status);
    expect(outcomes).toEqual(['ran', 'ran', 'ran', 'postponed', 'postponed']);
    const state = (await first.states())[0];
    expect(state).toMatchObject({ dimension: 'requests_day', limit: 3, used: 3, remaining: 0 });
    const midnightMs = 86_400_000 - (Date.now() % 86_400_000);
    expect(Math.abs((state?.nextFreeMs ?? 0) - midnightMs)).toBeLessThan(60_000);
  });
});

describe('the provider’s own batch queue', () => {
  it('takes by id, once, and only what fits', async () => {
    const limiter = await createLimiter(limited({ queued_batch_tokens: 1_000 }));
    const take = (id: string, tokens: number) => limiter.takeQueuedTokens({ id, model: 'gpt', tokens });
    expect(await take('a', 600)).toEqual({ status: 'taken', remaining: 400 });
    expect((await take('a', 600)).status).toBe('taken');
    expect(await take('b', 500)).toEqual({ status: 'refused', remaining: 400 });
    await limiter.releaseQueuedTokens('a');
    await limiter.releaseQueuedTokens('a');
    expect(await take('b', 1_000)).toEqual({ status: 'taken', remaining: 0 });
  });
});

describe('bytes per token', () => {
  it('are learned by all processes together, with their spread', async () => {
    const learners = [createTokenLearner(), createTokenLearner()];
    prefix = `test-${crypto.randomUUID()}`;
    for (const learner of learners) {
      const shared = shareTokenRatios({
        redis: await server.connect(),
        prefix,
        learner,
        onError,
        everyMs: 20,
      });
      closing.push(() => shared.close());
    }
    const [first, second] = learners;
    for (let answer = 0; answer < 60; answer += 1) {
      first?.observe('a/b', { promptBytes: answer % 2 === 0 ? 2_200 : 1_800, promptTokens: 1_000 });
    }
    await until('the other one knows', () => Math.abs((second?.bytesPerToken('a/b') ?? 0) - 2) < 0.1);
    expect(second?.margin('a/b')).toBeGreaterThan(0.1);
    expect(second?.margin('a/b')).toBeLessThan(0.5);
  });
});
