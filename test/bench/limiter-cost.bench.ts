import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createProviderLimiter, limiterRedisOptions } from '@sluice/limiter';
import type { ProviderLimits } from '@sluice/limiter';
import Bottleneck from 'bottleneck';
import { Redis } from 'ioredis';
import { createLimitBook } from '../../packages/limiter/src/limit-book.ts';
import { limiterKeys } from '../../packages/limiter/src/limiter-keys.ts';
import { createPermitScripts } from '../../packages/limiter/src/permit-scripts.ts';
import { startLimiterRedis } from '../support/limiter-redis.ts';

/**
 * What the gate costs: permits a second for calls that do nothing, through Bottleneck with our datastore, through
 * the scripts alone and through Bottleneck's own Redis clustering, on one Redis in one run.
 */
const limits: ProviderLimits = {
  provider: {
    requests_per_minute: 6e9,
    tokens_per_minute: 6e12,
    concurrency: 100_000,
    arrival_jitter_ms: 250,
  },
  models: {},
};

interface Row {
  what: string;
  inFlight: number;
  permitsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
}

const server = await startLimiterRedis({ fsync: 'everysec' });
const rows: Row[] = [];
for (const inFlight of [50, 1]) {
  for (const bench of [benchLimiter, benchScripts, benchClustering]) rows.push(await bench(inFlight));
}
await server.close();
console.table(rows);
const directory = join(import.meta.dirname, 'results');
await mkdir(directory, { recursive: true });
const columns = ['what', 'inFlight', 'permitsPerSecond', 'p50Ms', 'p99Ms'] as const;
const lines = [
  '# What a permit costs',
  '',
  `Node ${process.version}, ${availableParallelism()} cores, ${new Date().toISOString()}, one process.`,
  '',
  `| ${columns.join(' | ')} |`,
  `| ${columns.map(() => '---').join(' | ')} |`,
  ...rows.map((row) => `| ${columns.map((column) => row[column]).join(' | ')} |`),
];
await writeFile(join(directory, 'limiter-cost.md'), `${lines.join('\n')}\n`);

async function benchLimiter(inFlight: number): Promise<Row> {
  const redis = await server.connect();
  const fail = (error: Error) => {
    throw error;
  };
  const limiter = createProviderLimiter({ redis, prefix: 'bench', provider: 'gate', limits, onError: fail });
  const { signal } = new AbortController();
  const row = await measure('Bottleneck on our datastore', inFlight, async (index) => {
    const request = {
      model: 'gpt',
      reservationId: `${inFlight}-${index}`,
      estimate: { inputTokens: 100, outputTokens: 0 },
      signal,
    };
    await limiter.run(request, async (permit) => permit.settle({ inputTokens: 90, outputTokens: 0 }));
  });
  await limiter.close();
  return row;
}

async function benchScripts(inFlight: number): Promise<Row> {
  const redis = await server.connect();
  const keys = limiterKeys('bench', 'scripts');
  const scripts = createPermitScripts({
    redis,
    keys,
    leaseMs: 25_000,
    renewEveryMs: 5_000,
    timeoutMs: 2_000,
  });
  await scripts.publishLimits(createLimitBook(limits), 'replace');
  return measure('the scripts alone', inFlight, async (index) => {
    const lease = { member: `${inFlight}-${index} gpt`, model: 'gpt', key: '-' };
    const outcome = await scripts.acquire(lease, { inputTokens: 100, outputTokens: 0 }, 'none');
    if (outcome.status !== 'granted') throw new Error(outcome.status);
    await scripts.release(lease, { kind: 'settle', actual: { inputTokens: 90, outputTokens: 0 } });
  });
}

async function benchClustering(inFlight: number): Promise<Row> {
  const client = new Redis(server.url, { ...limiterRedisOptions, enableOfflineQueue: true });
  const connection = new Bottleneck.IORedisConnection({ client });
  const bottleneck = new Bottleneck({
    id: `{bench-${inFlight}}`,
    connection,
    maxConcurrent: 1_000,
    reservoir: 1e9,
  });
  await bottleneck.ready();
  const row = await measure('Bottleneck’s own clustering', inFlight, async () => {
    await bottleneck.schedule(async () => {});
  });
  await bottleneck.disconnect();
  await connection.disconnect();
  return row;
}

async function measure(
  what: string,
  inFlight: number,
  permit: (index: number) => Promise<void>,
): Promise<Row> {
  const count = inFlight === 1 ? 2_000 : 20_000;
  for (let index = 0; index < 500; index += 1) await permit(-1 - index);
  const durationsMs: number[] = [];
  let next = 0;
  const startedAtMs = performance.now();
  const work = async () => {
    while (next < count) {
      const index = next++;
      const beganAtMs = performance.now();
      await permit(index);
      durationsMs.push(performance.now() - beganAtMs);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  const elapsedMs = performance.now() - startedAtMs;
  durationsMs.sort((left, right) => left - right);
  const percentile = (share: number) => Number((durationsMs[Math.floor(count * share)] ?? 0).toFixed(2));
  const permitsPerSecond = Math.round((count * 1_000) / elapsedMs);
  return { what, inFlight, permitsPerSecond, p50Ms: percentile(0.5), p99Ms: percentile(0.99) };
}
