import { createProviderLimiter } from '@sluice/limiter';
import type { Permit, ProviderLimiter, ProviderLimits } from '@sluice/limiter';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LimiterRedis } from '../support/limiter-redis.ts';
import { startLimiterRedis } from '../support/limiter-redis.ts';
import { until } from '../support/limiter-until.ts';

const times = { leaseMs: 1_500, renewEveryMs: 300, scriptTimeoutMs: 300 };
const twoAtOnce = { provider: { concurrency: 2, arrival_jitter_ms: 250 }, models: {} };

let server: LimiterRedis;
let redis: Redis;
const limiters: ProviderLimiter[] = [];
const errors: Error[] = [];

beforeEach(async () => {
  server = await startLimiterRedis();
  redis = await server.connect();
});
afterEach(async () => {
  await Promise.all(limiters.splice(0).map((limiter) => limiter.close()));
  await server.close();
  errors.length = 0;
});

async function createLimiter(limits: ProviderLimits, leaseMs = times.leaseMs): Promise<ProviderLimiter> {
  const connection = limiters.length === 0 ? redis : await server.connect();
  const onError = (error: Error) => void errors.push(error);
  const options = {
    redis: connection,
    prefix: 'test',
    provider: 'openai',
    limits,
    onError,
    ...times,
    leaseMs,
  };
  const limiter = createProviderLimiter(options);
  limiters.push(limiter);
  return limiter;
}

function hold(limiter: ProviderLimiter, signal = new AbortController().signal, model = 'gpt') {
  const ended = Promise.withResolvers<void>();
  const held = {
    permit: null as Permit | null,
    end: () => ended.resolve(),
    outcome: Promise.resolve<unknown>(null),
  };
  const request = {
    model,
    reservationId: crypto.randomUUID(),
    estimate: { inputTokens: 0, outputTokens: 0 },
    signal,
  };
  held.outcome = limiter.run(request, async (permit) => {
    held.permit = permit;
    await ended.promise;
  });
  return held;
}

async function usedSlots(limiter: ProviderLimiter): Promise<number> {
  return (await limiter.states()).find(({ dimension }) => dimension === 'concurrency')?.used ?? NaN;
}

async function stayFor(milliseconds: number): Promise<void> {
  const untilMs = performance.now() + milliseconds;
  await until(`${milliseconds} ms to pass`, () => performance.now() >= untilMs);
}

describe('while Redis is away', () => {
  it('calls wait, tell it once, abort when they are told to, and go on when it is back', async () => {
    const limiter = await createLimiter(twoAtOnce);
    await server.stop();
    await until('the connection is lost', () => redis.status !== 'ready');
    const controller = new AbortController();
    const aborted = hold(limiter, controller.signal);
    const waiting = hold(limiter);
    await stayFor(500);
    controller.abort();
    expect(await aborted.outcome).toEqual({ status: 'aborted' });
    expect(waiting.permit).toBeNull();
    expect(errors).toHaveLength(1);
    await server.start();
    await until('the permit', () => waiting.permit !== null);
    waiting.end();
    await waiting.outcome;
    await until('the slot is free', async () => (await usedSlots(limiter)) === 0);
  });

  it('leases do not expire, however long it lasts, and running calls keep theirs', async () => {
    const limiter = await createLimiter(twoAtOnce);
    const held = [hold(limiter), hold(limiter)];
    await until('both permits', () => held.every(({ permit }) => permit !== null));
    await server.stop();
    const waiting = hold(limiter);
    await stayFor(times.leaseMs * 2);
    await server.start();
    await until('the connection is back', () => redis.status === 'ready');
    await stayFor(times.renewEveryMs * 2);
    expect(waiting.permit).toBeNull();
    expect(held.map(({ permit }) => permit?.lost.aborted)).toEqual([false, false]);
    for (const each of held) each.end();
    await until('the one that waited', () => waiting.permit !== null);
    waiting.end();
    await waiting.outcome;
  });

  it('leases do not expire either when their holder comes back later than others', async () => {
    const holder = await createLimiter(twoAtOnce);
    const other = await createLimiter(twoAtOnce);
    const held = [hold(holder), hold(holder)];
    await until('both permits', () => held.every(({ permit }) => permit !== null));
    await server.stop();
    redis.disconnect();
    const waiting = hold(other);
    await stayFor(times.leaseMs * 2);
    await server.start();
    await until('the other one asks', async () => {
      const slots = await usedSlots(other).catch(() => NaN);
      return slots === 2;
    });
    await stayFor(times.renewEveryMs * 2);
    await redis.connect();
    await stayFor(times.renewEveryMs * 2);
    expect(waiting.permit).toBeNull();
    expect(held.map(({ permit }) => permit?.lost.aborted)).toEqual([false, false]);
    for (const each of held) each.end();
    await until('the one that waited', () => waiting.permit !== null);
    waiting.end();
    await waiting.outcome;
  });

  it('a call that ends is released when it is back', async () => {
    const limiter = await createLimiter(twoAtOnce);
    const held = [hold(limiter), hold(limiter)];
    await until('both permits', () => held.every(({ permit }) => permit !== null));
    await server.stop();
    await until('the connection is lost', () => redis.status !== 'ready');
    for (const each of held) each.end();
    await Promise.all(held.map(({ outcome }) => outcome));
    await server.start();
    const startedAtMs = performance.now();
    await until('both slots are free', async () => {
      return redis.status === 'ready' && (await usedSlots(limiter)) === 0;
    });
    expect(performance.now() - startedAtMs).toBeLessThan(times.leaseMs);
  });

  it('closing takes no longer than a script may', async () => {
    const limiter = await createLimiter(twoAtOnce);
    const held = hold(limiter);
    await until('the permit', () => held.permit !== null);
    await server.stop();
    const startedAtMs = performance.now();
    await limiter.close();
    expect(performance.now() - startedAtMs).toBeLessThan(times.scriptTimeoutMs * 2);
    held.end();
    await held.outcome;
  });
});

describe('a Redis that accepts commands and does not answer', () => {
  it('stops nothing: scripts time out, and what they took unseen is given back', async () => {
    // A lease so long that it can't free what was forgotten.
    const limiter = await createLimiter(twoAtOnce, 600_000);
    const first = hold(limiter);
    await until('the permit', () => first.permit !== null);
    const pausing = await server.connect();
    await pausing.call('CLIENT', 'PAUSE', '1200', 'WRITE');
    const controllers = [new AbortController(), new AbortController()];
    const doubtful = controllers.map(({ signal }, index) =>
      hold(limiter, signal, index === 0 ? 'gpt' : 'other'),
    );
    // One gives up while the answer is awaited, one after it failed to come.
    await stayFor(times.scriptTimeoutMs / 6);
    controllers[0]?.abort();
    await until('a timeout', () => errors.length > 0);
    controllers[1]?.abort();
    expect(await Promise.all(doubtful.map(({ outcome }) => outcome))).toEqual(
      Array.from({ length: 2 }, () => ({ status: 'aborted' })),
    );
    first.end();
    await first.outcome;
    await until('all slots are free', async () => (await usedSlots(limiter).catch(() => NaN)) === 0);
    const later = hold(limiter);
    await until('a permit', () => later.permit !== null);
    later.end();
    await later.outcome;
    expect(await usedSlots(limiter)).toBe(0);
  });
});

describe('a Redis that comes back without its data', () => {
  it('gets limits and running leases back, so that no more calls run than allowed', async () => {
    const limiter = await createLimiter(twoAtOnce);
    const held = [hold(limiter), hold(limiter)];
    await until('both permits', () => held.every(({ permit }) => permit !== null));
    await server.restart({ keepData: false });
    await until('the leases are put back', async () => {
      return redis.status === 'ready' && (await usedSlots(limiter)) === 2;
    });
    const waiting = hold(limiter);
    await stayFor(times.leaseMs);
    expect(waiting.permit).toBeNull();
    expect(held.map(({ permit }) => permit?.lost.aborted)).toEqual([false, false]);
    for (const each of held) each.end();
    await until('the one that waited', () => waiting.permit !== null);
    waiting.end();
    await waiting.outcome;
  });

  it('begins with an empty bucket', async () => {
    const provider = { requests_per_minute: 120, burst_requests: 10, arrival_jitter_ms: 250 };
    const limiter = await createLimiter({ provider, models: {} });
    const run = () => {
      const { signal } = new AbortController();
      return limiter.run(
        {
          model: 'gpt',
          reservationId: crypto.randomUUID(),
          estimate: { inputTokens: 0, outputTokens: 0 },
          signal,
        },
        async () => performance.now(),
      );
    };
    await run();
    await server.restart({ keepData: false });
    await until('the connection is back', () => redis.status === 'ready');
    const backAtMs = performance.now();
    const [first, second] = await Promise.all([run(), run()]);
    const startedMs = [first, second].map((outcome) =>
      outcome.status === 'ran' ? outcome.value - backAtMs : NaN,
    );
    expect(startedMs[0]).toBeGreaterThanOrEqual(490);
    expect(startedMs[1]).toBeGreaterThanOrEqual(990);
  });
});

describe('an idle limiter', () => {
  it('sends nothing', async () => {
    const limiter = await createLimiter(twoAtOnce);
    const held = hold(limiter);
    await until('the permit', () => held.permit !== null);
    held.end();
    await held.outcome;
    const observer = await server.connect();
    // The renewal that was due when the last lease ended may still come, and finds nothing to do.
    await stayFor(times.renewEveryMs * 2);
    const before = await scriptCalls(observer);
    await stayFor(times.renewEveryMs * 3);
    expect(await scriptCalls(observer)).toBe(before);
  });
});

async function scriptCalls(observer: Redis): Promise<string> {
  return /cmdstat_evalsha:calls=(\d+)/.exec(await observer.info('commandstats'))?.[1] ?? 'none';
}
