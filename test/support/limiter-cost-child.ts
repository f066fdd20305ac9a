import { createProviderLimiter, limiterRedisOptions } from '@sluice/limiter';
import type { ProviderLimits } from '@sluice/limiter';
import Bottleneck from 'bottleneck';
import { Redis } from 'ioredis';
import { createLimitBook } from '../../packages/limiter/src/limit-book.ts';
import { limiterKeys } from '../../packages/limiter/src/limiter-keys.ts';
import { createPermitScripts } from '../../packages/limiter/src/permit-scripts.ts';

export const COST_SUBJECTS = ['gate', 'scripts', 'clustering'] as const;

/** What a process is told when it is forked, as JSON in its first argument. */
export interface LimiterCostTask {
  redisUrl: string;
  /** Our gate, our scripts alone, or Bottleneck's own Redis clustering. */
  subject: (typeof COST_SUBJECTS)[number];
  limits: ProviderLimits;
  /** Permits asked for at once. */
  inFlight: number;
  permits: number;
  /** Of its own for each run: the buckets are shared by the processes of one. */
  run: string;
}

/** What it says: `ready` when it has warmed up; then it begins with the first message from its parent. */
export type LimiterCostMessage =
  | { type: 'ready' }
  | { type: 'done'; startedAtMs: number; endedAtMs: number; durationsMs: number[] };

const SETTLED = { inputTokens: 90, outputTokens: 0 };
const WARM_UP = 1_000;

async function work(task: LimiterCostTask): Promise<void> {
  const { permit, close } = await subjects[task.subject](task);
  await takeAll({ permits: WARM_UP, inFlight: task.inFlight, permit, durationsMs: [] });
  const begun = new Promise((resolve) => process.once('message', resolve));
  process.send?.({ type: 'ready' } satisfies LimiterCostMessage);
  await begun;
  const durationsMs: number[] = [];
  const startedAtMs = Date.now();
  await takeAll({ permits: task.permits, inFlight: task.inFlight, permit, durationsMs });
  const endedAtMs = Date.now();
  const done: LimiterCostMessage = { type: 'done', startedAtMs, endedAtMs, durationsMs };
  await new Promise((resolve) => process.send?.(done, undefined, undefined, resolve));
  await close();
  process.disconnect();
}

type Permit = (name: string) => Promise<unknown>;

async function takeAll(load: {
  permits: number;
  inFlight: number;
  permit: Permit;
  durationsMs: number[];
}): Promise<void> {
  let next = 0;
  const takeOn = async () => {
    while (next < load.permits) {
      const name = `${process.pid}-${load.permits}-${next++}`;
      const beganAtMs = performance.now();
      await load.permit(name);
      load.durationsMs.push(performance.now() - beganAtMs);
    }
  };
  await Promise.all(Array.from({ length: load.inFlight }, takeOn));
}

const subjects: Record<
  LimiterCostTask['subject'],
  (task: LimiterCostTask) => Promise<{ permit: Permit; close: () => Promise<void> }>
> = {
  async gate({ redisUrl, limits, run }) {
    const redis = await connect(redisUrl);
    const onError = (error: Error) => {
      throw error;
    };
    const limiter = createProviderLimiter({ redis, prefix: 'bench', provider: run, limits, onError });
    const { signal } = new AbortController();
    const estimate = { inputTokens: 100, outputTokens: 0 };
    return {
      permit: (reservationId) =>
        limiter.run({ model: 'gpt', reservationId, estimate, signal }, async (permit) =>
          permit.settle(SETTLED),
        ),
      async close() {
        await limiter.close();
        redis.disconnect();
      },
    };
  },

  async scripts({ redisUrl, limits, run }) {
    const redis = await connect(redisUrl);
    const times = { leaseMs: 25_000, renewEveryMs: 5_000, timeoutMs: 2_000 };
    const scripts = createPermitScripts({ redis, keys: limiterKeys('bench', run), ...times });
    await scripts.publishLimits(createLimitBook(limits), 'replace');
    const estimate = { inputTokens: 100, outputTokens: 0 };
    return {
      async permit(name) {
        const lease = { member: `${name} gpt`, model: 'gpt', key: '-' };
        const asked = await scripts.acquire([{ lease, estimate, claimId: name }]);
        if (asked.status !== 'ok' || asked.outcomes[0]?.status !== 'granted') throw new Error(asked.status);
        await scripts.release(lease, { kind: 'settle', actual: SETTLED });
      },
      close: async () => redis.disconnect(),
    };
  },

  async clustering({ redisUrl, run }) {
    const client = new Redis(redisUrl, { ...limiterRedisOptions, enableOfflineQueue: true });
    const connection = new Bottleneck.IORedisConnection({ client });
    const limits = { maxConcurrent: 1_000, reservoir: 1e9 };
    const bottleneck = new Bottleneck({ id: `{${run}}`, connection, ...limits });
    await bottleneck.ready();
    return {
      permit: () => bottleneck.schedule(async () => {}),
      async close() {
        await bottleneck.disconnect();
        await connection.disconnect();
      },
    };
  },
};

async function connect(url: string): Promise<Redis> {
  const redis = new Redis(url, { ...limiterRedisOptions, lazyConnect: true });
  await redis.connect();
  return redis;
}

if (process.send) await work(JSON.parse(process.argv[2] ?? '') as LimiterCostTask);
