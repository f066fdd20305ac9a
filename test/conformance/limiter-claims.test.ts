import { createProviderLimiter } from '@sluice/limiter';
import type { PermitRequest, ProviderLimiter } from '@sluice/limiter';
import type { Limits } from '@sluice/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LimiterRedis } from '../support/limiter-redis.ts';
import { startLimiterRedis } from '../support/limiter-redis.ts';
import { until } from '../support/limiter-until.ts';

let server: LimiterRedis;
const limiters: ProviderLimiter[] = [];
const errors: Error[] = [];

beforeAll(async () => {
  server = await startLimiterRedis();
});
afterEach(async () => {
  await Promise.all(limiters.splice(0).map((limiter) => limiter.close()));
  const [error] = errors.splice(0);
  if (error) throw error;
});
afterAll(() => server.close());

/** 10 tokens a millisecond. */
const RATE = 10;
const tokens: Limits = { tokens_per_minute: RATE * 60_000, burst_tokens: 5_000, arrival_jitter_ms: 0 };

async function createLimiter(limits: Limits = tokens, prefix = `test-${crypto.randomUUID()}`) {
  const redis = await server.connect();
  const onError = (error: Error) => void errors.push(error);
  const provider = { provider: limits, models: {} };
  const limiter = createProviderLimiter({ redis, prefix, provider: 'openai', limits: provider, onError });
  limiters.push(limiter);
  return { limiter, prefix };
}

function request(inputTokens: number, changes: Partial<PermitRequest> = {}): PermitRequest {
  const { signal } = new AbortController();
  const estimate = { inputTokens, outputTokens: 0 };
  return { model: 'gpt', reservationId: crypto.randomUUID(), estimate, signal, ...changes };
}

async function tokenState(limiter: ProviderLimiter) {
  const state = (await limiter.states()).find(({ dimension }) => dimension === 'tokens');
  if (!state) throw new Error('no tokens');
  return state;
}

/** Keeps asking for light permits until `done`; resolves with the tokens that were given out meanwhile. */
async function takeLight(limiter: ProviderLimiter, done: () => boolean): Promise<number> {
  let taken = 0;
  const work = async () => {
    while (!done()) {
      await limiter.run(request(100), async () => {
        if (!done()) taken += 100;
      });
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  return taken;
}

describe('a call that is heavy for its bucket', () => {
  it('gets its turn within 2 × weight ÷ rate, while light calls keep half of the rate', async () => {
    const { limiter } = await createLimiter();
    await limiter.run(request(0), async () => {});
    const startedAtMs = performance.now();
    let ranAtMs = 0;
    const heavy = limiter.run(request(4_000), async () => {
      ranAtMs = performance.now();
    });
    const taken = await takeLight(limiter, () => ranAtMs > 0);
    await heavy;
    const waitedMs = ranAtMs - startedAtMs;
    expect(waitedMs).toBeLessThan(((2 * 4_000) / RATE) * 1.25 + 100);
    expect(taken).toBeGreaterThan(waitedMs * RATE * 0.35);
  });

  it('larger than its bucket runs alone when all of the bucket is its own, and its debt is paid before others go', async () => {
    const { limiter } = await createLimiter({ ...tokens, burst_tokens: 2_000 });
    await limiter.run(request(0), async () => {});
    const startedAtMs = performance.now();
    await limiter.run(request(6_000), async () => {});
    expect(performance.now() - startedAtMs).toBeLessThan(((2 * 6_000) / RATE) * 1.25);
    expect((await tokenState(limiter)).used).toBeGreaterThan(2_000);
    await limiter.run(request(100), async () => {});
    expect(performance.now() - startedAtMs).toBeGreaterThan(5_900 / RATE);
  });

  it('keeps its place in the queue while it is away, also in another process', async () => {
    const { limiter, prefix } = await createLimiter();
    const { limiter: other } = await createLimiter(tokens, prefix);
    await limiter.run(request(0), async () => {});
    const order: string[] = [];
    const away = { claimId: 'first', maxWaitMs: 0 };
    const postponed = await limiter.run(request(4_000, away), async () => {});
    expect(postponed).toMatchObject({ status: 'postponed', reason: 'claim' });
    const second = limiter.run(request(1_000, { claimId: 'second' }), async () => void order.push('second'));
    await until('its claim is full', async () => {
      const outcome = await other.run(request(4_000, away), async () => void order.push('first'));
      return outcome.status === 'ran';
    });
    await second;
    expect(order).toEqual(['first', 'second']);
  });

  it('uses all of the rate when there are only such calls', async () => {
    const { limiter } = await createLimiter();
    await limiter.run(request(0), async () => {});
    const startedAtMs = performance.now();
    let taken = 0;
    const calls = Array.from({ length: 10 }, () =>
      limiter.run(request(1_500), async () => void (taken += 1_500)),
    );
    await Promise.all(calls);
    // What light calls could take at once is left.
    const { remaining } = await tokenState(limiter);
    expect((taken + remaining) / ((performance.now() - startedAtMs) * RATE)).toBeGreaterThan(0.9);
  });

  it('is postponed when its turn is further away than it would wait, and takes nothing', async () => {
    const { limiter } = await createLimiter();
    await limiter.run(request(0), async () => {});
    const outcome = await limiter.run(request(4_000, { maxWaitMs: 50 }), async () => {});
    expect(outcome).toMatchObject({ status: 'postponed', reason: 'claim' });
    expect(outcome.status === 'postponed' && outcome.readyInMs).toBeGreaterThan(50);
  });
});

describe('a light call that would wait too long', () => {
  it('is postponed at once when the rate says so', async () => {
    const { limiter } = await createLimiter({ requests_per_minute: 6, arrival_jitter_ms: 0 });
    await until('the first', async () => {
      const first = await limiter.run(request(0, { maxWaitMs: 15_000 }), async () => {});
      return first.status === 'ran';
    });
    const outcome = await limiter.run(request(0, { maxWaitMs: 1_000 }), async () => {});
    expect(outcome).toMatchObject({ status: 'postponed', reason: 'rate' });
    expect(outcome.status === 'postponed' && outcome.readyInMs).toBeGreaterThan(5_000);
  });

  it('is postponed when its time is over, wherever it stands in the queue', async () => {
    const { limiter } = await createLimiter({ concurrency: 1, arrival_jitter_ms: 0 });
    const ended = Promise.withResolvers<void>();
    const holder = limiter.run(request(0), () => ended.promise);
    await until('the holder', async () => (await limiter.report()).holders.length === 1);
    const waiting = Array.from({ length: 3 }, () =>
      limiter.run(request(0, { maxWaitMs: 80 }), async () => {}),
    );
    for (const outcome of await Promise.all(waiting)) {
      expect(outcome).toMatchObject({ status: 'postponed', reason: 'concurrency' });
    }
    ended.resolve();
    await holder;
    expect((await limiter.run(request(0), async () => 1)).status).toBe('ran');
  });
});
