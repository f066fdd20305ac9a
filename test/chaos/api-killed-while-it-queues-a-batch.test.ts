import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createJobCodec } from '@sluice/broker';
import type { Batch } from '@sluice/contracts';
import { PLAIN_VAULT } from '@sluice/vault';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BatchApiTask } from '../support/batch-api-child.ts';
import { batchLines, chatBody, parseLines } from '../support/batch-lines.ts';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

const LINES = 3_000;
const codec = createJobCodec(PLAIN_VAULT);
const MODEL = 'openai/gpt-5.4-mini';

let stack: Stack;
let redis: Redis;
const children: ChildProcess[] = [];
beforeAll(async () => {
  stack = await startStack({
    workers: 0,
    sweepAfterMs: 1_000,
    config: { providers: { openai: { batch: false } } },
  });
  redis = new Redis(stack.redis.url);
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  redis.disconnect();
  await stack.close();
});

/** An API process on the same Redis and the same files, which may be killed. */
async function startChild(): Promise<{ url: string; kill(): Promise<void> }> {
  const { redisUrl, redisPrefix: prefix } = stack.environment;
  const task: BatchApiTask = {
    redisUrl,
    prefix,
    key: stack.key,
    leaseMs: 1_500,
    config: {
      durability: 'memory',
      providers: {
        openai: {
          kind: 'openai',
          api_key: 'simulated',
          base_url: stack.simulator.urlFor('openai'),
          batch: false,
        },
      },
      storage: stack.config.storage,
    },
  };
  const child = fork(join(import.meta.dirname, '../support/batch-api-child.ts'), [JSON.stringify(task)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  children.push(child);
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  return {
    url,
    async kill() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

const read = async (id: string): Promise<Batch> =>
  (await (await stack.request(`/v1/batches/${id}`)).json()) as Batch;

test('an API that is killed while it queues the lines: another goes on, and no line is run twice or lost', async () => {
  const child = await startChild();
  const lines = batchLines(Array.from({ length: LINES }, (_, n) => chatBody(`line ${n}`, MODEL)));
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', new Blob([lines]), 'in.jsonl');
  const headers = { authorization: `Bearer ${stack.key}` };
  const uploaded = await fetch(`${child.url}/v1/files`, { method: 'POST', body: form, headers });
  const { id: input } = (await uploaded.json()) as { id: string };
  const created = await fetch(`${child.url}/v1/batches`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({
      input_file_id: input,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    }),
  });
  const { id } = (await created.json()) as Batch;

  const key = `${stack.environment.redisPrefix}:batch:{${id}}`;
  const cursor = async (): Promise<number> => Number(await redis.hget(key, 'cursor_line'));
  await until(async () => (await cursor()) > 0, { what: 'the first lines to be queued' });
  await child.kill();
  const stoppedAt = await cursor();
  expect(stoppedAt).toBeGreaterThan(0);
  expect(stoppedAt).toBeLessThan(LINES);

  await until(async () => (await redis.hget(key, 'all_queued')) === '1', { what: 'the others to be queued' });
  expect(await read(id)).toMatchObject({ status: 'in_progress', request_counts: { total: LINES } });

  await stack.spawnWorker(['openai']);
  const batch = await until(
    async () => {
      const now = await read(id);
      return now.status === 'completed' ? now : null;
    },
    { timeoutMs: 90_000, what: 'the end of the batch' },
  );
  expect(batch.request_counts).toEqual({ total: LINES, completed: LINES, failed: 0 });
  const output = await (await stack.request(`/v1/files/${batch.output_file_id}/content`)).text();
  const ids = parseLines<{ custom_id: string }>(output).map((line) => line.custom_id);
  expect(ids).toEqual(Array.from({ length: LINES }, (_, n) => `line-${n + 1}`));
  const jobs = await redis.keys(`${stack.environment.redisPrefix}:job:*`);
  expect(jobs).toHaveLength(LINES);
  const attempts = await Promise.all(
    jobs.map(async (job) => codec.decode(await redis.hgetall(job))?.attempts.length),
  );
  expect(attempts.filter((count) => count !== 1)).toEqual([]);
}, 180_000);
