import { createProviderLimiter } from '@sluice/limiter';
import type { ProviderLimits } from '@sluice/limiter';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LimiterJudge } from '../support/limiter-judge.ts';
import { startLimiterJudge } from '../support/limiter-judge.ts';
import type { LimiterProcess } from '../support/limiter-processes.ts';
import { forkLimiterProcess } from '../support/limiter-processes.ts';
import type { LimiterRedis } from '../support/limiter-redis.ts';
import { startLimiterRedis } from '../support/limiter-redis.ts';
import { until } from '../support/limiter-until.ts';

let server: LimiterRedis;
const processes: LimiterProcess[] = [];
let judge: LimiterJudge | null = null;

beforeAll(async () => {
  server = await startLimiterRedis();
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.kill()));
  await judge?.close();
  judge = null;
});
afterAll(() => server.close());

async function forkAll(
  count: number,
  task: {
    limits: ProviderLimits;
    callers: number;
    judgeUrl: string | null;
    prefix?: string;
    leaseMs?: number;
    renewEveryMs?: number;
    visible?: boolean;
  },
): Promise<LimiterProcess[]> {
  const defaults = { prefix: `test-${crypto.randomUUID()}`, leaseMs: 25_000, renewEveryMs: 5_000 };
  const whole = { redisUrl: server.url, ...defaults, ...task };
  const forked = await Promise.all(Array.from({ length: count }, () => forkLimiterProcess(whole)));
  processes.push(...forked);
  return forked;
}

describe('processes that share one provider', () => {
  it('never exceed 600 requests a minute with a bucket of 10, and use at least 97 % of it', async () => {
    const enough = 100;
    judge = await startLimiterJudge({ perMinute: 600, burst: 10, enough, answerMs: 5 });
    const limits = {
      provider: { requests_per_minute: 600, burst_requests: 10, arrival_jitter_ms: 250 },
      models: {},
    };
    const forked = await forkAll(4, { limits, callers: 5, judgeUrl: judge.url });
    for (const each of forked) each.begin();
    await until('the judge has enough', () => (judge?.arrivals().length ?? 0) >= enough, 30_000);
    const arrivals = judge.arrivals().slice(0, enough);
    const elapsedMs = (arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0);
    expect(judge.overshoots()).toBe(0);
    expect((enough - 1) / (elapsedMs * (600 / 60_000))).toBeGreaterThanOrEqual(0.97);
  });

  it('never exceed a burst that has built up while nobody called', async () => {
    judge = await startLimiterJudge({ perMinute: 600, burst: 10, enough: 30, answerMs: 5 });
    const limits = {
      provider: { requests_per_minute: 600, burst_requests: 10, arrival_jitter_ms: 250 },
      models: {},
    };
    const prefix = `test-${crypto.randomUUID()}`;
    const [first, second] = await forkAll(2, { limits, prefix, callers: 10, judgeUrl: judge.url });
    const redis = await server.connect();
    const watcher = createProviderLimiter({ redis, prefix, provider: 'openai', limits, onError: () => {} });
    const { signal } = new AbortController();
    // An unknown bucket starts empty: somebody has to look at it before it fills.
    await watcher.run(
      { model: 'gpt', reservationId: 'first', estimate: { inputTokens: 0, outputTokens: 0 }, signal },
      async () => {},
    );
    await until('the bucket is full', async () => {
      const state = (await watcher.states()).find(({ dimension }) => dimension === 'requests');
      return state?.remaining === state?.limit;
    });
    first?.begin();
    second?.begin();
    await until('the judge has enough', () => (judge?.arrivals().length ?? 0) >= 30, 20_000);
    expect(judge.overshoots()).toBe(0);
    await watcher.close();
  });

  it('never have more calls in flight than allowed, and hand freed slots on', async () => {
    judge = await startLimiterJudge({ perMinute: 6_000_000, burst: 100_000, enough: 60, answerMs: 40 });
    const limits = { provider: { concurrency: 3, arrival_jitter_ms: 250 }, models: {} };
    const forked = await forkAll(2, { limits, callers: 5, judgeUrl: judge.url });
    for (const each of forked) each.begin();
    await until('both are done', () => forked.every((each) => each.count('done') === 1));
    expect(judge.mostInFlight()).toBe(3);
  });
});

describe('holders that come later', () => {
  it('get an equal part of the slots from one that takes what it frees again at once', async () => {
    const limits = { provider: { concurrency: 4, arrival_jitter_ms: 250 }, models: {} };
    const prefix = `test-${crypto.randomUUID()}`;
    const ending = new AbortController();
    const running = { early: 0, late: 0 };
    const started = { early: 0, late: 0 };
    let most = 0;
    const begin = async (worker: 'early' | 'late') => {
      const redis = await server.connect();
      const limiter = createProviderLimiter({
        redis,
        prefix,
        provider: 'openai',
        limits,
        worker,
        onError: () => {},
      });
      const callOn = async (): Promise<void> => {
        while (!ending.signal.aborted) {
          const reservationId = crypto.randomUUID();
          const estimate = { inputTokens: 10, outputTokens: 0 };
          await limiter.run({ model: 'gpt', reservationId, estimate, signal: ending.signal }, async () => {
            running[worker] += 1;
            started[worker] += 1;
            most = Math.max(most, running.early + running.late);
            await new Promise((resolve) => setTimeout(resolve, 60 + 40 * Math.random()));
            running[worker] -= 1;
          });
        }
      };
      const callers = Promise.all(Array.from({ length: 8 }, callOn));
      return async () => {
        await callers;
        await limiter.close();
      };
    };
    const ends = [await begin('early')];
    await until('the early one has all slots', () => running.early === 4);
    ends.push(await begin('late'));
    const before = started.early;
    await until('100 more calls', () => started.early - before + started.late >= 100, 20_000);
    const partOfLate = started.late / (started.early - before + started.late);
    ending.abort();
    await Promise.all(ends.map((end) => end()));
    expect(partOfLate).toBeGreaterThan(0.35);
    expect(most).toBe(4);
  });
});

describe('a process that holds slots', () => {
  const limits = { provider: { concurrency: 3, arrival_jitter_ms: 250 }, models: {} };
  const times = { leaseMs: 1_000, renewEveryMs: 200, visible: false };

  it('keeps them beyond a lease while it lives, and frees them within a lease and a renewal when killed', async () => {
    const [holder, waiter] = await forkAll(2, { limits, callers: 3, judgeUrl: null, ...times });
    holder?.begin();
    await until('the holder has all slots', () => holder?.count('held') === 3);
    waiter?.begin();
    await expect(until('a slot', () => (waiter?.count('held') ?? 0) > 0, 2_000)).rejects.toThrow('a slot');
    const killedAtMs = performance.now();
    await holder?.kill();
    await until('the waiter has all slots', () => waiter?.count('held') === 3);
    expect(performance.now() - killedAtMs).toBeLessThan((times.leaseMs + times.renewEveryMs) * 2);
  });

  it('is told that it lost them when it was frozen for longer than a lease', async () => {
    const [holder, waiter] = await forkAll(2, { limits, callers: 3, judgeUrl: null, ...times });
    holder?.begin();
    await until('the holder has all slots', () => holder?.count('held') === 3);
    holder?.process.kill('SIGSTOP');
    waiter?.begin();
    await until('the waiter has all slots', () => waiter?.count('held') === 3);
    holder?.process.kill('SIGCONT');
    await until('the holder knows', () => holder?.count('lost') === 3);
    expect(waiter?.count('lost')).toBe(0);
  });
});

describe('a process on the machine of others that wait', () => {
  const limits = { provider: { concurrency: 3, arrival_jitter_ms: 250 }, models: {} };

  it('frees its slots as soon as it is killed, and the provider has seen it', async () => {
    const [holder, waiter, idle] = await forkAll(3, { limits, callers: 3, judgeUrl: null });
    holder?.begin();
    await until('the holder has all slots', () => holder?.count('held') === 3);
    waiter?.begin();
    idle?.begin();
    const killedAtMs = performance.now();
    await holder?.kill();
    const held = () => (waiter?.count('held') ?? 0) + (idle?.count('held') ?? 0);
    await until('the others have all slots', () => held() === 3);
    const freedAfterMs = performance.now() - killedAtMs;
    // As long as the provider may take to see the end.
    expect(freedAfterMs).toBeGreaterThanOrEqual(90);
    // A lease lasts 25 s.
    expect(freedAfterMs).toBeLessThan(3_000);
    expect((waiter?.count('lost') ?? 0) + (idle?.count('lost') ?? 0)).toBe(0);
  });

  it('keeps them while it is frozen', async () => {
    const [holder, waiter] = await forkAll(2, { limits, callers: 3, judgeUrl: null });
    holder?.begin();
    await until('the holder has all slots', () => holder?.count('held') === 3);
    holder?.process.kill('SIGSTOP');
    waiter?.begin();
    await expect(until('a slot', () => (waiter?.count('held') ?? 0) > 0, 2_000)).rejects.toThrow('a slot');
    holder?.process.kill('SIGCONT');
    await holder?.kill();
    await until('the waiter has all slots', () => waiter?.count('held') === 3, 3_000);
  });
});
