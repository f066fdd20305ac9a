import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import OpenAI from 'openai';
import type { StackAddress } from '../support/stack-child.ts';
import type { StackOptions } from '../support/start-stack.ts';

/**
 * What the front door adds to a call: the same client calls the simulated provider directly and through Sluice, turn
 * by turn in one run, so that both meet the same machine. The client, the API with the simulator, the worker and Redis
 * are a process each. The provider answers after exactly 50 ms.
 */
const PROVIDER_MS = 50;
const CALLS = Number(process.env['BENCH_CALLS'] ?? 300);
const WARM_UP = 30;
/** What a call leaves to be done must not fall into the next. */
const PAUSE_MS = 5;
const MODEL = 'gpt-5.4-mini';

interface Row {
  what: string;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
}

const latency = { min_ms: PROVIDER_MS, p50_ms: PROVIDER_MS, p95_ms: PROVIDER_MS, p99_ms: PROVIDER_MS };
const options = {
  simulator: { latency: { ...latency, tokens_per_second: 0 }, answer_tokens: { min: 20, max: 20 } },
} satisfies StackOptions;
const child = fork(join(import.meta.dirname, '../support/stack-child.ts'), [JSON.stringify(options)]);
const [address] = (await once(child, 'message')) as [StackAddress];
const direct = new OpenAI({ apiKey: 'simulated', baseURL: address.providerUrl, maxRetries: 0 });
const sluice = new OpenAI({ apiKey: address.key, baseURL: `${address.url}/v1`, maxRetries: 0 });
const messages = [{ role: 'user' as const, content: 'Say hello.' }];

const plain = async (client: OpenAI, model: string): Promise<number> => {
  const startedAt = performance.now();
  await client.chat.completions.create({ model, messages });
  return performance.now() - startedAt;
};
const firstToken = async (client: OpenAI, model: string): Promise<number> => {
  const startedAt = performance.now();
  let first = 0;
  for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
    if (!first && chunk.choices[0]?.delta.content) first = performance.now() - startedAt;
  }
  return first;
};

const KINDS = { 'plain answer': plain, 'first token of a stream': firstToken };
const times = new Map<string, number[]>();
for (let call = 0; call < CALLS + WARM_UP; call += 1) {
  for (const [what, measure] of Object.entries(KINDS)) {
    const ways = [
      ['direct', () => measure(direct, MODEL)],
      ['through Sluice', () => measure(sluice, `openai/${MODEL}`)],
    ] as const;
    for (const [way, run] of call % 2 === 0 ? ways : ways.toReversed()) {
      await setTimeout(PAUSE_MS);
      const ms = await run();
      if (call < WARM_UP) continue;
      const name = `${what}, ${way}`;
      times.set(name, [...(times.get(name) ?? []), ms]);
    }
  }
}
const rows: Row[] = Object.keys(KINDS).flatMap((what) => {
  const [before, after] = ['direct', 'through Sluice'].map((way) => {
    const list = times.get(`${what}, ${way}`) ?? [];
    return {
      what: `${what}, ${way}`,
      p50Ms: quantile(list, 0.5),
      p90Ms: quantile(list, 0.9),
      p99Ms: quantile(list, 0.99),
    };
  }) as [Row, Row];
  return [
    before,
    after,
    {
      what: `${what}, added`,
      p50Ms: round(after.p50Ms - before.p50Ms),
      p90Ms: round(after.p90Ms - before.p90Ms),
      p99Ms: round(after.p99Ms - before.p99Ms),
    },
  ];
});
child.disconnect();
await once(child, 'exit');
console.table(rows);
const directory = join(import.meta.dirname, 'report');
await mkdir(directory, { recursive: true });
const machine = { node: process.version, cores: availableParallelism(), at: new Date().toISOString() };
await writeFile(join(directory, 'front-door.json'), `${JSON.stringify({ machine, rows }, null, 2)}\n`);

function quantile(values: number[], part: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0);
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
