import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProxy } from '../support/start-proxy.ts';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

let stack: Stack;
let client: Anthropic;
beforeAll(async () => {
  const providers = { openai: { batch: false }, anthropic: { batch: false }, google: { batch: false } };
  stack = await startStack({ config: { providers } });
  client = new Anthropic({ apiKey: stack.key, baseURL: stack.url, maxRetries: 0 });
});
afterAll(() => stack.close());

const params = (content: string, model = 'claude-haiku-4-5') => ({
  model,
  max_tokens: 30,
  messages: [{ role: 'user' as const, content }],
});

const ended = (id: string) =>
  until(
    async () => {
      const batch = await client.messages.batches.retrieve(id);
      return batch.processing_status === 'ended' ? batch : null;
    },
    { what: `the end of ${id}` },
  );

test('a create that the client sends again after a 503 makes no second batch', async () => {
  const ids = async (): Promise<string[]> =>
    (await client.messages.batches.list({ limit: 100 })).data.map(({ id }) => id);
  const before = await ids();
  let creates = 0;
  // The batch is made, and the client is told that it is not.
  const proxy = await startProxy(stack.url, ({ method }, response) => {
    if (method !== 'POST') return false;
    creates += 1;
    if (creates > 1) return false;
    response.writeHead(503, { 'retry-after-ms': '1' }).end();
    return true;
  });
  try {
    const retrying = new Anthropic({ apiKey: stack.key, baseURL: proxy.url, maxRetries: 2 });
    const requests = [{ custom_id: 'once', params: params('Say hello.') }];
    const { id } = await retrying.messages.batches.create({ requests });
    expect(creates).toBe(2);
    expect(await ids()).toEqual([id, ...before]);
    expect((await ended(id)).request_counts).toMatchObject({ succeeded: 1, errored: 0 });
    expect(stack.simulator.control.calls()).toHaveLength(1);
  } finally {
    proxy.close();
  }
});

test('create, poll, read the results, list and delete with the official client', async () => {
  const created = await client.messages.batches.create({
    requests: [
      { custom_id: 'good', params: params('Say hello.') },
      { custom_id: 'other-vendor', params: params('Say hello.', 'openai/gpt-5.4-mini') },
      { custom_id: 'bad', params: { ...params('x'), temperature: 7 } as ReturnType<typeof params> },
      { custom_id: 'nobody', params: params('x', 'model-of-nobody') },
    ],
  });
  expect(created).toMatchObject({
    id: expect.stringMatching(/^msgbatch_/),
    type: 'message_batch',
    processing_status: 'in_progress',
    results_url: null,
    ended_at: null,
    archived_at: null,
    cancel_initiated_at: null,
  });
  const batch = await ended(created.id);
  expect(batch.request_counts).toEqual({ processing: 0, succeeded: 2, errored: 2, canceled: 0, expired: 0 });
  expect(batch.results_url).toBe(`${stack.url}/v1/messages/batches/${created.id}/results`);
  const results = new Map<string, Anthropic.Messages.MessageBatchResult>();
  for await (const { custom_id: id, result } of await client.messages.batches.results(created.id)) {
    results.set(id, result);
  }
  expect([...results.keys()]).toEqual(['good', 'other-vendor', 'bad', 'nobody']);
  expect(results.get('good')).toMatchObject({
    type: 'succeeded',
    message: { type: 'message', role: 'assistant', usage: { service_tier: 'batch' } },
  });
  expect(results.get('bad')).toMatchObject({
    type: 'errored',
    error: {
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining('temperature') },
    },
  });
  expect(results.get('nobody')).toMatchObject({ type: 'errored' });

  const found = [];
  for await (const each of client.messages.batches.list({ limit: 1 })) found.push(each.id);
  expect(found).toContain(created.id);
  expect(await client.messages.batches.delete(created.id)).toEqual({
    id: created.id,
    type: 'message_batch_deleted',
  });
  await expect(client.messages.batches.retrieve(created.id)).rejects.toMatchObject({
    status: 404,
    error: { type: 'error', error: { type: 'not_found_error' } },
  });
});

test('cancel ends what waits', async () => {
  stack.simulator.control.setLatency({ account: 'anthropic', latency: { p50_ms: 60_000 } });
  const requests = Array.from({ length: 10 }, (_, n) => ({ custom_id: `r${n}`, params: params('slow') }));
  const { id } = await client.messages.batches.create({ requests });
  await until(async () => (await client.messages.batches.retrieve(id)).request_counts.processing === 10, {
    what: 'the batch to run',
  });
  expect(await client.messages.batches.cancel(id)).toMatchObject({
    cancel_initiated_at: expect.any(String),
  });
  expect((await ended(id)).request_counts).toMatchObject({ canceled: 10, succeeded: 0 });
  const kinds = new Set<string>();
  for await (const { result } of await client.messages.batches.results(id)) kinds.add(result.type);
  expect([...kinds]).toEqual(['canceled']);
  await stack.simulator.control.reset();
});

test.each([
  ['a custom_id that Anthropic refuses', [{ custom_id: 'no spaces', params: params('x') }]],
  ['a custom_id twice', [1, 2].map(() => ({ custom_id: 'a', params: params('x') }))],
  ['no requests', []],
])('%s refuses the whole batch, in Anthropic’s form', async (_what, requests) => {
  await expect(client.messages.batches.create({ requests })).rejects.toMatchObject({
    status: 400,
    requestID: expect.stringMatching(/^req_/),
    error: { type: 'error', error: { type: 'invalid_request_error' } },
  });
});

test('a wrong key is an authentication error, with either header', async () => {
  for (const headers of [{ authorization: 'Bearer wrong' }, { 'x-api-key': 'wrong', authorization: '' }]) {
    const answer = await stack.request('/v1/messages/batches', { headers });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } });
  }
  const answer = await stack.request('/v1/messages/batches', {
    headers: { authorization: '', 'x-api-key': stack.key, 'anthropic-version': '2023-06-01' },
  });
  expect(answer.status).toBe(200);
});
