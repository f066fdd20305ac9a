import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Batch, Job } from '@sluice/contracts';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dumpRedis } from '../support/dump-redis.ts';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

/** Found in nothing but what a job brings along. */
const CANARY = `canary-${randomBytes(8).toString('hex')}`;
const JSON_TYPE = { 'content-type': 'application/json' };

let stack: Stack;
let redis: Redis;
beforeAll(async () => {
  // Nobody listens there, and the next try is far off: the webhook's delivery waits with its body.
  stack = await startStack({
    config: { webhooks: { allow_cidrs: ['127.0.0.0/8'], retry_schedule: ['1h'] } },
  });
  redis = new Redis(stack.redis.url);
});
afterAll(async () => {
  redis.disconnect();
  await stack.close();
});

const post = (path: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
  stack.request(path, { method: 'POST', body: JSON.stringify(body), headers: { ...JSON_TYPE, ...headers } });

const request = { messages: [{ role: 'user', content: `Repeat: ${CANARY}` }], max_tokens: 40 };
const webhook = {
  url: 'http://127.0.0.1:59999/hook',
  secret: `whsec_${Buffer.from(CANARY.padEnd(32)).toString('base64')}`,
};

async function filesHold(text: string): Promise<string[]> {
  const { storage } = stack.config;
  if (storage.kind !== 'local') throw new Error('the files are elsewhere');
  const { path } = storage;
  const names = await readdir(path).catch(() => []);
  const contents = await Promise.all(names.map((name) => readFile(join(path, name), 'utf8')));
  return names.filter((_name, at) => contents[at]?.includes(text));
}

/** The keys of this broker that hold the canary, or name the job. */
async function keysWith(texts: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of await redis.keys(`${stack.environment.redisPrefix}*`)) {
    const dump = await dumpRedis(stack.redis.url, name);
    if (texts.some((text) => dump.includes(text))) found.push(name);
  }
  return found;
}

const WAYS: Readonly<Record<string, () => Promise<string>>> = {
  'a job with a webhook that is not delivered': async () =>
    (
      (await (
        await post('/v1/jobs', { request, webhook, metadata: { note: CANARY }, tags: [CANARY] })
      ).json()) as Job
    ).id,
  'a streamed job': async () =>
    ((await (await post('/v1/jobs', { request: { ...request, stream: true } })).json()) as Job).id,
  'a call that waited': async () =>
    (await post('/v1/chat/completions', { ...request, model: 'openai/gpt-5.4-mini' })).headers.get(
      'x-sluice-job-id',
    ) ?? '',
};

test.each(Object.keys(WAYS))('of %s nothing is left', async (way) => {
  const id = (await WAYS[way]?.()) ?? '';
  await stack.ended(id);
  expect((await keysWith([CANARY])).length).toBeGreaterThan(0);
  await erase(id);
  expect(await keysWith([CANARY])).toEqual([]);
  expect(await filesHold(CANARY)).toEqual([]);
  // Its id stays where its Idempotency-Key is held for a day, and among the last tickets of its queue.
  const named = (await keysWith([id])).filter((name) => !/:gone:|\.(standard|flex):events$/.test(name));
  expect(named).toEqual([]);
});

/** What a job's end caused is still being told for a moment; until then it is a 409. */
async function erase(id: string): Promise<void> {
  const answer = await until(
    async () => {
      const erased = await stack.request(`/v1/jobs/${id}`, { method: 'DELETE' });
      return erased.status === 409 ? null : erased;
    },
    { what: 'the erasure' },
  );
  expect(answer.status).toBe(200);
}

test('a request that is dropped is nowhere once its job has ended; the rest of the job is kept', async () => {
  const text = `dropped-${randomBytes(8).toString('hex')}`;
  const dropped = { messages: [{ role: 'user', content: text }], max_tokens: 40 };
  const made = await post('/v1/jobs', { request: dropped, retention: { drop_request: true } });
  const { id } = (await made.json()) as Job;
  const { status, result } = await stack.ended(id);
  expect([status, typeof result?.choices[0]?.message.content]).toEqual(['completed', 'string']);
  expect(await keysWith([text])).toEqual([]);
});

test('of a batch nothing is left once its jobs and its files are erased', async () => {
  const body = { ...request, model: 'openai/gpt-5.4-mini' };
  const made = await post('/v1/batches', { tier: 'standard', requests: [{ custom_id: 'a', body }] });
  const { id } = (await made.json()) as Batch;
  const batch = await until(
    async () => {
      const found = (await (await stack.request(`/v1/batches/${id}`)).json()) as Batch;
      return found.status === 'completed' && found;
    },
    { what: 'the end of the batch' },
  );
  expect((await filesHold(CANARY)).length).toBeGreaterThan(0);
  const { data: jobs } = (await (await stack.request(`/v1/jobs?batch=${id}`)).json()) as { data: Job[] };
  expect(jobs).toHaveLength(1);
  for (const job of jobs) await erase(job.id);
  for (const file of [batch.input_file_id, batch.output_file_id]) {
    expect((await stack.request(`/v1/files/${file}`, { method: 'DELETE' })).status).toBe(200);
  }
  expect(await keysWith([CANARY])).toEqual([]);
  // Whoever moves the batch on lets go of its input when it has ended.
  await until(async () => (await filesHold(CANARY)).length === 0, { what: 'the removal of the input' });
});
