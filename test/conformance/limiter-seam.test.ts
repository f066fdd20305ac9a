import { createProviderLimiter } from '@sluice/limiter';
import type { Permit, PermitRequest, ProviderLimiter, ProviderLimits } from '@sluice/limiter';
import type { Limits } from '@sluice/contracts';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LimiterRedis } from '../support/limiter-redis.ts';
import { startLimiterRedis } from '../support/limiter-redis.ts';
import { until } from '../support/limiter-until.ts';

let server: LimiterRedis;
let redis: Redis;
let prefix = '';
const limiters: ProviderLimiter[] = [];
const errors: Error[] = [];

beforeAll(async () => {
  server = await startLimiterRedis();
  redis = await server.connect();
});
afterEach(async () => {
  await Promise.all(limiters.splice(0).map((limiter) => limiter.close()));
  const [error] = errors.splice(0);
  if (error) throw error;
  prefix = '';
});
afterAll(() => server.close());

/** Limiters of one test share their buckets. */
function createLimiter(limits: ProviderLimits, connection: Redis = redis): ProviderLimiter {
  prefix ||= `test-${crypto.randomUUID()}`;
  const onError = (error: Error) => void errors.push(error);
  const limiter = createProviderLimiter({ redis: connection, prefix, provider: 'openai', limits, onError });
  limiters.push(limiter);
  return limiter;
}

function limitsOf(limits: Partial<Limits>): Limits {
  return { arrival_jitter_ms: 0, ...limits };
}

function request(changes: Partial<PermitRequest> = {}): PermitRequest {
  const { signal } = new AbortController();
  return {
    model: 'gpt',
    reservationId: crypto.randomUUID(),
    estimate: { inputTokens: 0, outputTokens: 0 },
    signal,
    ...changes,
  };
}

/** Takes a permit and holds it until `end` is called. */
function hold(limiter: ProviderLimiter, changes: Partial<PermitRequest> = {}) {
  const ended = Promise.withResolvers<void>();
  const held = {
    permit: null as Permit | null,
    end: () => ended.resolve(),
    outcome: Promise.resolve<unknown>(null),
  };
  held.outcome = limiter.run(request(changes), async (permit) => {
    held.permit = permit;
    await ended.promise;
  });
  return held;
}

async function stateOf(limiter: ProviderLimiter, scope: string, dimension: string) {
  const state = (await limiter.states()).find((each) => each.scope === scope && each.dimension === dimension);
  if (!state) throw new Error(`no state of ${scope} ${dimension}`);
  return state;
}

/** Looks at the buckets, so that they begin to fill, and again when they are full, so that it is written down. */
async function fill(limiter: ProviderLimiter, model = 'gpt'): Promise<void> {
  await limiter.run(request({ model }), async (permit) => permit.giveBack());
  await until('buckets are full', async () => {
    const states = await limiter.states();
    return states.every(({ dimension, used }) => dimension === 'concurrency' || used === 0);
  });
  await limiter.run(request({ model }), async (permit) => permit.giveBack());
}

function countScripts(connection: Redis): { sent(): number } {
  let sent = 0;
  const evalsha = connection.evalsha.bind(connection) as (...args: unknown[]) => Promise<unknown>;
  connection.evalsha = (...args: unknown[]) => {
    sent += 1;
    return evalsha(...args);
  };
  return { sent: () => sent };
}

describe('what a permit takes', () => {
  it('is one request and the estimate, from the buckets of provider and model', async () => {
    const limits = limitsOf({ requests_per_minute: 6_000, tokens_per_minute: 600_000 });
    const limiter = createLimiter({ provider: limits, models: { gpt: limits } });
    await fill(limiter);
    const held = hold(limiter, { estimate: { inputTokens: 20_000, outputTokens: 0 } });
    await until('the permit', () => held.permit !== null);
    for (const scope of ['provider', 'model']) {
      expect((await stateOf(limiter, scope, 'tokens')).used).toBeGreaterThan(15_000);
    }
    held.end();
    await held.outcome;
  });

  it('is all or nothing: a full model takes nothing from the provider', async () => {
    const provider = limitsOf({ concurrency: 10 });
    const limiter = createLimiter({ provider, models: { gpt: limitsOf({ concurrency: 1 }) } });
    const first = hold(limiter);
    await until('the permit', () => first.permit !== null);
    const second = hold(limiter);
    const other = hold(limiter, { model: 'other' });
    await until('the permit of the other model', () => other.permit !== null);
    expect(second.permit).toBeNull();
    expect((await stateOf(limiter, 'provider', 'concurrency')).used).toBe(2);
    first.end();
    await until('the second permit', () => second.permit !== null);
    second.end();
    other.end();
    await Promise.all([first.outcome, second.outcome, other.outcome]);
    expect((await stateOf(limiter, 'provider', 'concurrency')).used).toBe(0);
  });

  it('is taken once for one reservation id', async () => {
    const limits = (perMinute: number) => ({
      provider: limitsOf({ tokens_per_minute: perMinute, burst_tokens: 1_000, concurrency: 5 }),
      models: {},
    });
    const limiter = createLimiter(limits(6_000_000));
    await fill(limiter);
    const other = createLimiter(limits(60), await server.connect());
    limiter.setLimits(limits(60));
    const same = { reservationId: 'the same: %~ id', estimate: { inputTokens: 300, outputTokens: 0 } };
    const first = hold(limiter, same);
    await until('the permit', () => first.permit !== null);
    const second = hold(other, same);
    await until('the same permit', () => second.permit !== null);
    expect((await stateOf(limiter, 'provider', 'concurrency')).used).toBe(1);
    expect((await stateOf(limiter, 'provider', 'tokens')).used).toBeCloseTo(300, -2);
    expect(second.permit?.reservationId).toBe(same.reservationId);
    first.end();
    second.end();
    await Promise.all([first.outcome, second.outcome]);
  });

  it('starts no sooner than its slot: calls are spaced by the rate', async () => {
    const limiter = createLimiter({
      provider: limitsOf({ requests_per_minute: 1_200, burst_requests: 1 }),
      models: {},
    });
    const startsMs: number[] = [];
    const runs = Array.from({ length: 12 }, () =>
      limiter.run(request(), async () => void startsMs.push(performance.now())),
    );
    await Promise.all(runs);
    // Each grant is up to 100 ms ahead; a timer may be late, so only the sum is exact.
    expect((startsMs.at(-1) ?? 0) - (startsMs[0] ?? 0)).toBeGreaterThanOrEqual(11 * 50 - 20);
    expect((startsMs.at(-1) ?? 0) - (startsMs[0] ?? 0)).toBeLessThan(11 * 50 + 250);
  });

  it('of a call heavier than the bucket is granted when the bucket is full, and leaves a debt', async () => {
    const tokens = limitsOf({ tokens_per_minute: 600_000, burst_tokens: 2_000 });
    const limiter = createLimiter({ provider: tokens, models: {} });
    await limiter.run(request({ estimate: { inputTokens: 5_000, outputTokens: 0 } }), async () => {});
    const state = await stateOf(limiter, 'provider', 'tokens');
    expect(state.used).toBeGreaterThan(2_000);
    expect(state.remaining).toBe(0);
    expect(state.nextFreeMs).toBeGreaterThan(0);
  });
});

describe('what a permit gives back', () => {
  const tokens = limitsOf({ tokens_per_minute: 600, burst_tokens: 1_000 });

  async function takenAfter(use: (permit: Permit) => void): Promise<number> {
    // 10 tokens a second: what is taken and given back is far more than what is refilled meanwhile.
    const limiter = createLimiter({
      provider: limitsOf({ tokens_per_minute: 6_000_000, burst_tokens: 1_000 }),
      models: {},
    });
    await fill(limiter);
    limiter.setLimits({ provider: tokens, models: {} });
    await limiter.run(request({ estimate: { inputTokens: 500, outputTokens: 0 } }), async (permit) =>
      use(permit),
    );
    return (await stateOf(limiter, 'provider', 'tokens')).used;
  }

  it('is nothing when nobody says what the call took', async () => {
    expect(await takenAfter(() => {})).toBeCloseTo(500, -2);
  });

  it('is the difference to what the call took, once', async () => {
    const used = await takenAfter((permit) => {
      permit.settle({ inputTokens: 100, outputTokens: 0 });
      permit.settle({ inputTokens: 400, outputTokens: 0 });
    });
    expect(used).toBeCloseTo(100, -2);
  });

  it('is negative when the call took more: the debt carries over', async () => {
    expect(await takenAfter((permit) => permit.settle({ inputTokens: 3_000, outputTokens: 0 }))).toBeCloseTo(
      3_000,
      -2,
    );
  });

  it('is everything when the permit was not used', async () => {
    expect(await takenAfter((permit) => permit.giveBack())).toBeLessThan(20);
  });

  it('is everything when it had become too old before the call could start', async () => {
    const limiter = createLimiter({
      provider: limitsOf({ requests_per_minute: 1_200, burst_requests: 1 }),
      models: {},
    });
    const ages: number[] = [];
    await limiter.run(request(), async () => {});
    const runs = Array.from({ length: 2 }, () =>
      limiter.run(request(), async (permit) => {
        ages.push(permit.ageMs());
        // Blocks the process while the next slot, already granted, goes by.
        const untilMs = performance.now() + 700;
        while (ages.length === 1 && performance.now() < untilMs);
      }),
    );
    await Promise.all(runs);
    expect(ages).toHaveLength(2);
    for (const ageMs of ages) expect(ageMs).toBeLessThan(500);
  });
});

describe('waiting', () => {
  it('ends as aborted when the signal aborts, also for those in the middle, and takes nothing', async () => {
    const limiter = createLimiter({ provider: limitsOf({ concurrency: 1 }), models: {} });
    const holder = hold(limiter);
    await until('the permit', () => holder.permit !== null);
    const controllers = Array.from({ length: 3 }, () => new AbortController());
    const waiting = controllers.map(({ signal }) => hold(limiter, { signal }));
    controllers[0]?.abort();
    controllers[1]?.abort();
    expect(await waiting[0]?.outcome).toEqual({ status: 'aborted' });
    expect(await waiting[1]?.outcome).toEqual({ status: 'aborted' });
    holder.end();
    await until('the one that still waits', () => waiting[2]?.permit !== null);
    waiting[2]?.end();
    await waiting[2]?.outcome;
    expect((await stateOf(limiter, 'provider', 'concurrency')).used).toBe(0);
    expect(await limiter.run(request({ signal: AbortSignal.abort() }), async () => {})).toEqual({
      status: 'aborted',
    });
  });

  it('of a heavy call holds up nobody, and its claim goes when it is aborted', async () => {
    const limiter = createLimiter({
      provider: limitsOf({ tokens_per_minute: 6_000, burst_tokens: 1_000 }),
      models: {},
    });
    const controller = new AbortController();
    const heavy = hold(limiter, {
      estimate: { inputTokens: 900, outputTokens: 0 },
      signal: controller.signal,
    });
    const stateKey = `${prefix}:limit:{openai}:state`;
    await until('the claim', async () => (await redis.hexists(stateKey, 'scope:provider')) === 1);
    for (let calls = 0; calls < 5; calls += 1) {
      await limiter.run(request({ estimate: { inputTokens: 10, outputTokens: 0 } }), async () => {});
    }
    expect(heavy.permit).toBeNull();
    controller.abort();
    expect(await heavy.outcome).toEqual({ status: 'aborted' });
    const estimate = { inputTokens: 500, outputTokens: 0 };
    // At the head of the queue: twice its weight by the rate, and not behind the other one.
    await until('the next heavy one is the first in the queue', async () => {
      const next = await limiter.run(request({ estimate, claimId: 'next', maxWaitMs: 0 }), async () => {});
      return next.status === 'postponed' && next.reason === 'claim' && next.readyInMs <= 10_000;
    });
  });

  it('gives a slot back that was granted ahead when the signal aborts before it comes', async () => {
    const provider = limitsOf({ requests_per_minute: 660, burst_requests: 1, concurrency: 2 });
    const limiter = createLimiter({ provider, models: {} });
    async function abortAhead(): Promise<boolean> {
      await limiter.run(request(), async () => {});
      const controller = new AbortController();
      const second = hold(limiter, { signal: controller.signal });
      await until(
        'a grant ahead',
        async () => (await stateOf(limiter, 'provider', 'concurrency')).used === 1,
      );
      const ahead = second.permit === null;
      controller.abort();
      second.end();
      if (ahead) expect(await second.outcome).toEqual({ status: 'aborted' });
      else await second.outcome;
      return ahead;
    }
    // On a machine that is slow just now the slot may have come before it was looked at.
    await until('a grant that was still ahead', abortAhead);
    expect((await stateOf(limiter, 'provider', 'concurrency')).used).toBe(0);
  });

  it('of another target of the process ends as soon as a slot of the provider is freed', async () => {
    const limiter = createLimiter({ provider: limitsOf({ concurrency: 1 }), models: {} });
    const rounds = 30;
    let waitedMs = 0;
    for (let round = 0; round < rounds; round += 1) {
      const holder = hold(limiter);
      await until('the permit', () => holder.permit !== null);
      const other = limiter.run(request({ model: 'other' }), async () => {});
      // Freed before the other one asks, while its refusal is on the way, or after it.
      for (let answers = 0; answers < round % 3; answers += 1) await limiter.states();
      const freedAtMs = performance.now();
      holder.end();
      await other;
      waitedMs += performance.now() - freedAtMs;
    }
    // Without the wake-up a refused one would wait for its next question, 25 ms to 75 ms after the first.
    expect(waitedMs).toBeLessThan(rounds * 25);
  });

  it('asks Redis once for many that wait', async () => {
    const connection = await server.connect();
    const limiter = createLimiter(
      { provider: limitsOf({ requests_per_minute: 60 }), models: {} },
      connection,
    );
    await limiter.states();
    const scripts = countScripts(connection);
    const controller = new AbortController();
    const waiting = Array.from({ length: 100 }, () => hold(limiter, { signal: controller.signal }));
    await until('the first question', async () => scripts.sent() > 0);
    await limiter.states();
    controller.abort();
    await Promise.all(waiting.map(({ outcome }) => outcome));
    // Limits, one acquisition, perhaps one whose slot came, and the reading above.
    expect(scripts.sent()).toBeLessThan(10);
  });
});

describe('the function that is called', () => {
  it('hands its value and its error on, and frees its slot either way', async () => {
    const limiter = createLimiter({ provider: limitsOf({ concurrency: 1 }), models: {} });
    expect(await limiter.run(request(), async () => 7)).toEqual({ status: 'ran', value: 7 });
    const failing = limiter.run(request(), async () => {
      throw new Error('of the call');
    });
    await expect(failing).rejects.toThrow('of the call');
    expect((await stateOf(limiter, 'provider', 'concurrency')).used).toBe(0);
  });
});

describe('limits', () => {
  it('that are none send nothing to Redis', async () => {
    const connection = await server.connect();
    const scripts = countScripts(connection);
    const limiter = createLimiter({ provider: null, models: { gpt: limitsOf({}) } }, connection);
    const outcome = await limiter.run(request({ reservationId: 'r' }), async (permit) => {
      permit.settle({ inputTokens: 3, outputTokens: 0 });
      return [permit.reservationId, permit.lost.aborted, permit.ageMs() < 500];
    });
    expect(outcome).toEqual({ status: 'ran', value: ['r', false, true] });
    expect(await limiter.states()).toEqual([]);
    await limiter.close();
    expect(scripts.sent()).toBe(0);
  });

  it('of one model leave the other models alone', async () => {
    const limiter = createLimiter({ provider: null, models: { gpt: limitsOf({ concurrency: 1 }) } });
    const held = hold(limiter);
    await until('the permit', () => held.permit !== null);
    expect((await limiter.run(request({ model: 'other' }), async () => {})).status).toBe('ran');
    held.end();
    await held.outcome;
  });

  it('set in one process hold in all', async () => {
    const one = { provider: limitsOf({ concurrency: 1 }), models: {} };
    const three = { provider: limitsOf({ concurrency: 3 }), models: {} };
    const limiter = createLimiter(one);
    const other = createLimiter(one, await server.connect());
    const held = [hold(other), hold(other), hold(other)];
    await until('the first permit', () => held.some(({ permit }) => permit !== null));
    limiter.setLimits(three);
    await until('all permits', () => held.every(({ permit }) => permit !== null));
    expect((await stateOf(other, 'provider', 'concurrency')).limit).toBe(3);
    for (const each of held) each.end();
    await Promise.all(held.map(({ outcome }) => outcome));
  });

  it('that are removed let everybody go', async () => {
    const limiter = createLimiter({ provider: limitsOf({ requests_per_minute: 0.1 }), models: {} });
    const waiting = hold(limiter);
    await until('the bucket', async () => (await stateOf(limiter, 'provider', 'requests')).nextFreeMs > 0);
    limiter.setLimits({ provider: null, models: {} });
    await until('the permit', () => waiting.permit !== null);
    waiting.end();
    expect(await waiting.outcome).toEqual({ status: 'ran', value: undefined });
  });
});

describe('close', () => {
  it('ends what waits, frees what was granted, tells what runs, and may be called twice', async () => {
    const limits = { provider: limitsOf({ concurrency: 1 }), models: {} };
    const limiter = createLimiter(limits);
    const observer = createLimiter(limits, await server.connect());
    const held = hold(limiter);
    await until('the permit', () => held.permit !== null);
    const waiting = hold(limiter);
    await Promise.all([limiter.close(), limiter.close()]);
    expect(await waiting.outcome).toEqual({ status: 'aborted' });
    expect(held.permit?.lost.aborted).toBe(true);
    expect((await stateOf(observer, 'provider', 'concurrency')).used).toBe(0);
    held.end();
    expect(await held.outcome).toEqual({ status: 'ran', value: undefined });
    expect(await limiter.run(request(), async () => {})).toEqual({ status: 'aborted' });
  });
});
