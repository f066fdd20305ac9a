import { createProviderLimiter, limiterRedisOptions } from '@sluice/limiter';
import type { ProviderLimits } from '@sluice/limiter';
import { Redis } from 'ioredis';

/** What a child process is told when it is forked, as JSON in its first argument. */
export interface LimiterChildTask {
  redisUrl: string;
  prefix: string;
  limits: ProviderLimits;
  leaseMs: number;
  renewEveryMs: number;
  /** False: as on a machine on which nobody can see which processes live. */
  visible?: boolean;
  /** Calls at once. */
  callers: number;
  /** Calls this judge until it has enough; null: holds its permits for ever. */
  judgeUrl: string | null;
}

/** What it says to its parent. */
export type LimiterChildMessage =
  | { type: 'ready' | 'held' | 'lost' | 'done' }
  | { type: 'error'; message: string };

const task = JSON.parse(process.argv[2] ?? '') as LimiterChildTask;
const say = (message: LimiterChildMessage) => process.send?.(message);

const redis = new Redis(task.redisUrl, {
  ...limiterRedisOptions,
  retryStrategy: () => 20,
  lazyConnect: true,
});
redis.on('error', () => {});
await redis.connect();
const limiter = createProviderLimiter({
  redis,
  prefix: task.prefix,
  provider: 'openai',
  limits: task.limits,
  leaseMs: task.leaseMs,
  renewEveryMs: task.renewEveryMs,
  ...(task.visible === false ? { identity: null } : {}),
  onError: (error) => say({ type: 'error', message: error.message }),
});
const { signal } = new AbortController();

process.once('message', () => void work());
say({ type: 'ready' });

async function work(): Promise<void> {
  const { judgeUrl } = task;
  await Promise.all(
    Array.from({ length: task.callers }, () => (judgeUrl === null ? hold() : callUntilEnough(judgeUrl))),
  );
  await limiter.close();
  redis.disconnect();
  say({ type: 'done' });
  process.disconnect();
}

async function callUntilEnough(judgeUrl: string): Promise<void> {
  for (let more = true; more;) {
    const outcome = await limiter.run(newRequest(), async () => (await fetch(judgeUrl)).status === 200);
    more = outcome.status === 'ran' && outcome.value;
  }
}

async function hold(): Promise<void> {
  await limiter.run(newRequest(), async ({ lost }) => {
    say({ type: 'held' });
    const { promise, resolve } = Promise.withResolvers<void>();
    lost.addEventListener('abort', () => resolve());
    await promise;
    say({ type: 'lost' });
  });
}

function newRequest() {
  return {
    model: 'gpt',
    reservationId: crypto.randomUUID(),
    estimate: { inputTokens: 10, outputTokens: 0 },
    signal,
  };
}
