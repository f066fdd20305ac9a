import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { batchEventSchema, type Batch, type BatchEvent } from '@sluice/contracts';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { chatBody, parseLines } from '../support/batch-lines.ts';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

let stack: Stack;
let receiver: Server;
const received: { headers: Record<string, string>; body: string }[] = [];
beforeAll(async () => {
  const providers = { openai: { batch: false }, anthropic: { batch: false }, google: { batch: false } };
  stack = await startStack({
    config: { providers, tenants: { default: { max_queued: 4 } } },
    capacity: 4,
    fileRoundMs: 200,
  });
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = request.headers as Record<string, string>;
      received.push({ headers, body: Buffer.concat(chunks).toString() });
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
});
afterEach(() => stack.simulator.control.reset());
afterAll(async () => {
  receiver.close();
  await stack.close();
});

async function create(
  bodies: readonly object[],
  options: object = {},
  more: Record<string, string> = {},
): Promise<Batch> {
  const requests = bodies.map((body, n) => ({ custom_id: `r${n}`, body }));
  const answer = await stack.request('/v1/batches', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...more },
    body: JSON.stringify({ ...options, requests }),
  });
  if (answer.status !== 200) throw new Error(await answer.text());
  return (await answer.json()) as Batch;
}

const read = async (id: string): Promise<Batch> =>
  (await (await stack.request(`/v1/batches/${id}`)).json()) as Batch;

const becomes = (id: string, status: string): Promise<Batch> =>
  until(
    async () => {
      const batch = await read(id);
      return batch.status === status ? batch : null;
    },
    { what: `${id} to be ${status}` },
  );

async function events(id: string, after = 0, headers: Record<string, string> = {}): Promise<BatchEvent[]> {
  const answer = await stack.request(`/v1/batches/${id}/events?after=${after}`, { headers });
  const data = [...(await answer.text()).matchAll(/^data: (.+)$/gm)].map(([, json]) => json as string);
  return data.map((json) => batchEventSchema.parse(JSON.parse(json)));
}

test('the stream tells the counts, ends with the batch, and can be resumed', async () => {
  const { id } = await create(Array.from({ length: 12 }, (_, n) => chatBody(`${n}`)));
  const all = await events(id);
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_event, at) => at + 1));
  expect(all[0]).toMatchObject({ type: 'batch.in_progress', batch_id: id, request_counts: { total: 12 } });
  expect(all.at(-1)).toMatchObject({
    type: 'batch.completed',
    request_counts: { total: 12, completed: 12, failed: 0 },
  });
  expect(await events(id, all.length - 1)).toEqual(all.slice(-1));
  expect((await stack.request('/v1/batches/batch_nope/events')).status).toBe(404);
});

test('progress is told at most once a second', async () => {
  stack.simulator.control.setLatency({ account: 'openai', latency: { p50_ms: 150 } });
  // A tenant without a cap: all lines are queued, and the batch is looked at while it runs.
  const made = await stack.request('/v1/keys', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'wide', tenant: 'wide', scopes: ['batches'] }),
  });
  const { key } = (await made.json()) as { key: string };
  const headers = { authorization: `Bearer ${key}` };
  const bodies = Array.from({ length: 100 }, (_, n) => chatBody(`${n}`, 'openai/gpt-5.4-mini'));
  const { id } = await create(bodies, { tier: 'standard' }, headers);
  const all = await events(id, 0, headers);
  const told = all.filter(({ type }) => type === 'batch.in_progress').map(({ at }) => Date.parse(at));
  expect(told.length).toBeGreaterThan(3);
  const gaps = told.slice(1).map((at, n) => at - (told[n] as number));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000);
}, 30_000);

test('a tenant that may have 4 open jobs gets its batch of 12 run, some lines at a time', async () => {
  const { id } = await create(Array.from({ length: 12 }, (_, n) => chatBody(`${n}`)));
  expect((await becomes(id, 'completed')).request_counts).toEqual({ total: 12, completed: 12, failed: 0 });
});

test('the webhook of a batch is signed and carries the batch as it is read', async () => {
  const { port } = receiver.address() as AddressInfo;
  const secret = `whsec_${Buffer.from('a secret of 24 bytes ok!').toString('base64')}`;
  const webhook = {
    url: `http://127.0.0.1:${port}/hook`,
    secret,
    events: ['batch.in_progress', 'batch.completed'],
  };
  const { id } = await create([chatBody('x')], { webhook, metadata: { run: '7' } });
  await becomes(id, 'completed');
  const completed = await until(
    () => received.find(({ body }) => body.includes('"batch.completed"')) ?? null,
    { what: 'the webhook' },
  );
  const event = new Webhook(secret).verify(completed.body, completed.headers) as {
    type: string;
    data: Batch;
  };
  expect(event).toMatchObject({
    type: 'batch.completed',
    object: 'event',
    id: completed.headers['webhook-id'],
  });
  expect(event.data).toEqual(await read(id));
  expect(received.some(({ body }) => body.includes('"batch.in_progress"'))).toBe(true);
});

describe('every end of a batch comes as its event and as its webhook', () => {
  const slow = chatBody('slow', 'openai/gpt-5.4-mini');
  const ends: [end: Batch['status'], bodies: object[], options: object, counts: object][] = [
    ['failed', [slow, { messages: 'no list' }], {}, { total: 0, completed: 0, failed: 0 }],
    ['cancelled', [slow, slow], {}, { total: 2, completed: 0, failed: 2 }],
    ['expired', [slow, slow], { completion_window: '2s' }, { total: 2, completed: 0, failed: 2 }],
  ];
  test.each(ends)('%s', async (end, bodies, options, counts) => {
    stack.simulator.control.setLatency({ account: 'openai', latency: { p50_ms: 60_000 } });
    const { port } = receiver.address() as AddressInfo;
    const secret = `whsec_${Buffer.from('a secret of 24 bytes ok!').toString('base64')}`;
    const webhook = { url: `http://127.0.0.1:${port}/${end}`, secret };
    const { id } = await create(bodies, { ...options, webhook });
    if (end === 'cancelled') {
      await becomes(id, 'in_progress');
      await stack.request(`/v1/batches/${id}/cancel`, { method: 'POST' });
    }
    const all = await events(id);
    expect(all.filter(({ type }) => type !== 'batch.in_progress')).toEqual([
      expect.objectContaining({
        type: `batch.${end}`,
        batch_id: id,
        request_counts: counts,
        seq: all.length,
      }),
    ]);
    const sent = await until(() => received.find(({ body }) => body.includes(id)) ?? null, {
      what: 'the webhook',
    });
    const { type, data } = new Webhook(secret).verify(sent.body, sent.headers) as {
      type: string;
      data: Batch;
    };
    expect(type).toBe(`batch.${end}`);
    expect(data).toEqual(await read(id));
    expect(data).toMatchObject({ status: end, request_counts: counts });
    // Without `events` a webhook gets the end, and nothing else.
    expect(received.filter(({ body }) => body.includes(id))).toHaveLength(1);
  });
});

test('at the end of its window a batch expires: what was answered is kept, the rest is told', async () => {
  stack.simulator.control.setLatency({ account: 'openai', latency: { p50_ms: 60_000 } });
  const bodies = [
    chatBody('fast', 'anthropic/claude-haiku-4-5'),
    ...Array.from({ length: 8 }, () => chatBody('slow', 'openai/gpt-5.4-mini')),
  ];
  const {
    id,
    expires_at: expiresAt,
    created_at: createdAt,
  } = await create(bodies, { completion_window: '3s' });
  expect(expiresAt - createdAt).toBe(3);
  const batch = await becomes(id, 'expired');
  expect(batch).toMatchObject({ request_counts: { total: 9, completed: 1, failed: 8 } });
  expect(batch.expired_at).not.toBeNull();
  const errors = await (await stack.request(`/v1/files/${batch.error_file_id}/content`)).text();
  const lines = parseLines<{ custom_id: string; response: null; error: { code: string } }>(errors);
  expect(lines.map((line) => line.custom_id)).toEqual(bodies.slice(1).map((_body, n) => `r${n + 1}`));
  expect(lines.every(({ response, error }) => response === null && error.code === 'batch_expired')).toBe(
    true,
  );
  expect((await events(id)).at(-1)?.type).toBe('batch.expired');
});

test('a file whose time has come is removed, but not while a batch reads it', async () => {
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', new Blob(['{}\n']), 'in.jsonl');
  const { id } = (await (await stack.request('/v1/files', { method: 'POST', body: form })).json()) as {
    id: string;
  };
  const { Redis } = await import('ioredis');
  const redis = new Redis(stack.redis.url);
  const prefix = stack.environment.redisPrefix;
  const file = JSON.parse((await redis.hget(`${prefix}:file:{${id}}`, 'record')) ?? '{}') as object;
  await redis.hset(
    `${prefix}:file:{${id}}`,
    'record',
    JSON.stringify({ ...file, expiresAtMs: Date.now() - 1 }),
  );
  expect((await stack.request(`/v1/files/${id}`)).status).toBe(404);
  await redis.hset(`${prefix}:file:{${id}}`, 'pin:batch_x', Date.now() + 1_000);
  await redis.zadd(`${prefix}:files:expiry`, 1, id);
  await until(async () => (await redis.hget(`${prefix}:file:{${id}}`, 'deleted')) === '1', {
    what: 'a round',
  });
  await until(async () => (await redis.zscore(`${prefix}:files:expiry`, id)) === null, { what: 'its end' });
  expect(await redis.exists(`${prefix}:file:{${id}}`)).toBe(0);
  redis.disconnect();
});
