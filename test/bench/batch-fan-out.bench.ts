import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { startSimulator } from '@sluice/simulator';
import { Redis } from 'ioredis';
import OpenAI from 'openai';
import { startTestRedis } from '../support/redis-for-tests.ts';
import { until } from '../support/until.ts';

/**
 * A batch of 50,000 lines of 2 KB from upload to output file. API, worker and dispatcher are processes of their own;
 * client and simulator share this one. First the lines are queued without a worker, while another tenant submits jobs;
 * then a worker runs them all.
 */
const LINES = Number(process.env['BENCH_LINES'] ?? 50_000);
const LINE_BYTES = 2_048;
const MODEL = 'openai/gpt-5.4-mini';
const MAIN = join(import.meta.dirname, '../../apps/cli/src/main.ts');

const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
const children: ChildProcess[] = [];
const redis = await startTestRedis({ own: true });
const reader = new Redis(redis.url);
const simulator = await startSimulator({
  config: { latency: { p50_ms: 5, tokens_per_second: 0 }, answer_tokens: { min: 10, max: 10 } },
});
const key = `bench_${randomBytes(12).toString('hex')}`;
const config = join(folder, 'sluice.yaml');
await writeFile(
  config,
  JSON.stringify({
    durability: 'memory',
    providers: {
      openai: {
        kind: 'openai',
        api_key: 'simulated',
        base_url: simulator.urlFor('openai'),
        batch: false,
      },
    },
    storage: { kind: 'local', path: join(folder, 'files') },
  }),
);
const port = 20_000 + Math.floor(Math.random() * 20_000);
const url = `http://127.0.0.1:${port}`;

async function start(command: readonly string[], ready: RegExp): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, ...command], {
    env: {
      PATH: process.env['PATH'],
      REDIS_URL: redis.url,
      REDIS_PREFIX: 'bench',
      SLUICE_CONFIG: config,
      SLUICE_ADMIN_KEY: key,
      PORT: String(port),
      PUBLIC_BASE_URL: url,
      LOG_LEVEL: 'info',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  let output = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-20_000);
  });
  await until(() => (child.exitCode === null ? ready.test(output) : Promise.reject(new Error(output))), {
    what: `${command[0]} to start`,
  });
  return child;
}

const peakMb = (child: ChildProcess): number => {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024);
};
const seconds = (fromMs: number): number => Math.round((performance.now() - fromMs) / 10) / 100;

try {
  const api = await start(['api'], /api started/);
  await start(['dispatcher'], /dispatcher started/);
  const client = new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0 });
  const tenantKey = await otherTenantKey();
  const idleMb = peakMb(api);

  const file = join(folder, 'input.jsonl');
  await pipeline(Readable.from(lines()), createWriteStream(file));
  const uploadedFrom = performance.now();
  const input = await client.files.create({ file: createReadStream(file), purpose: 'batch' });
  const uploadS = seconds(uploadedFrom);

  const memoryBefore = await usedMemory();
  const createdFrom = performance.now();
  const created = await client.batches.create({
    input_file_id: input.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  });
  const others = submitMeanwhile(tenantKey);
  const checkedS = await until(
    async () =>
      (await client.batches.retrieve(created.id)).status === 'in_progress' ? seconds(createdFrom) : null,
    { timeoutMs: 300_000, what: 'the check of all lines' },
  );
  const queuedS = await until(
    async () =>
      (await reader.hget(`bench:batch:{${created.id}}`, 'all_queued')) === '1' ? seconds(createdFrom) : null,
    { timeoutMs: 300_000, what: 'all lines to be queued' },
  );
  const delays = await others.stop();
  const bytesPerJob = Math.round(((await usedMemory()) - memoryBefore) / LINES);
  const queuePeakMb = peakMb(api);

  await start(['worker', '--providers', 'openai'], /worker started/);
  const runFrom = performance.now();
  const ended = await until(
    async () => {
      const batch = await client.batches.retrieve(created.id);
      return ['completed', 'failed', 'expired'].includes(batch.status) ? batch : null;
    },
    { timeoutMs: 900_000, what: 'the end of the batch' },
  );
  const runS = seconds(runFrom);
  const finalS = (ended.completed_at ?? 0) - (ended.finalizing_at ?? 0);
  const peak = peakMb(api);
  const output = await client.files.content(ended.output_file_id ?? '');
  const ids = new Set<string>();
  for await (const line of createInterface({ input: Readable.fromWeb(output.body as never) })) {
    ids.add((JSON.parse(line) as { custom_id: string }).custom_id);
  }
  const row = {
    lines: LINES,
    'upload s': uploadS,
    'checked s': checkedS,
    'all queued s': queuedS,
    'API peak MB while queuing': queuePeakMb,
    'API peak MB in all': peak,
    'API idle MB': idleMb,
    'Redis bytes a queued job': bytesPerJob,
    'others’ submits p50 ms': quantile(delays, 0.5),
    'others’ submits p99 ms': quantile(delays, 0.99),
    'run by one worker s': runS,
    'files written s': finalS,
    'lines in the output': ids.size,
    verdict: queuedS <= 20 && peak < 300 && ids.size === LINES ? 'ok' : 'MISSED',
  };
  console.table(row);
  const results = join(import.meta.dirname, 'results', 'batch-fan-out.md');
  await writeFile(results, report(row));
  if (row.verdict !== 'ok') process.exitCode = 1;
} finally {
  for (const child of children.toReversed()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
  reader.disconnect();
  await simulator.close();
  await redis.close();
  await rm(folder, { recursive: true, force: true });
}

function* lines(): Generator<string> {
  const filler = 'The quick brown fox jumps over the lazy dog. '.repeat(60);
  for (let n = 1; n <= LINES; n += 1) {
    const line = (content: string): string =>
      JSON.stringify({
        custom_id: `request-${n}`,
        method: 'POST',
        url: '/v1/chat/completions',
        body: { model: MODEL, messages: [{ role: 'user', content }], max_tokens: 16 },
      });
    yield `${line(`${n} ${filler}`.slice(0, LINE_BYTES - line('').length))}\n`;
  }
}

async function usedMemory(): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await reader.info('memory'))?.[1] ?? 0);
}

async function otherTenantKey(): Promise<string> {
  const answer = await fetch(`${url}/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'other', tenant: 'other', scopes: ['jobs:write', 'jobs:read'] }),
  });
  return ((await answer.json()) as { key: string }).key;
}

/** Another tenant's submits, one after the other; how long each took. */
function submitMeanwhile(otherKey: string): { stop(): Promise<number[]> } {
  const tookMs: number[] = [];
  const control = new AbortController();
  const loop = (async () => {
    while (!control.signal.aborted) {
      const from = performance.now();
      const answer = await fetch(`${url}/v1/jobs`, {
        method: 'POST',
        headers: { authorization: `Bearer ${otherKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ request: { model: MODEL, messages: [{ role: 'user', content: 'Hi' }] } }),
      });
      await answer.text();
      if (answer.status !== 202) throw new Error(`a submit answered ${answer.status}`);
      tookMs.push(performance.now() - from);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return {
    async stop() {
      control.abort();
      await loop;
      return tookMs;
    },
  };
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0) * 10) / 10;
}

function report(row: Record<string, string | number>): string {
  const entries = Object.entries(row);
  return [
    '# A batch of 50,000 lines',
    '',
    `${new Date().toISOString()}, Node ${process.versions.node}, ${availableParallelism()} cores; lines of ${LINE_BYTES} bytes, one API, one worker and one dispatcher process, as \`sluice api\` and the others start them.`,
    '',
    '| what | figure |',
    '| --- | --- |',
    ...entries.map(([what, figure]) => `| ${what} | ${figure} |`),
    '',
  ].join('\n');
}
