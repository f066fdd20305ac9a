import { request } from 'node:http';
import Anthropic from '@anthropic-ai/sdk';
import { startSimulator, type Simulator } from '@sluice/simulator';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../support/until.ts';

let simulator: Simulator;
let client: Anthropic;

beforeEach(async () => {
  simulator = await startSimulator({ config: { latency: { p50_ms: 0, tokens_per_second: 0 } } });
  client = new Anthropic({ apiKey: 'any', baseURL: simulator.urlFor('anthropic'), maxRetries: 0 });
});
afterEach(() => simulator.close());

function requestOf(n: number, over: object = {}) {
  return {
    custom_id: `line_${n}`,
    params: {
      model: 'claude-haiku-4-5',
      max_tokens: 64,
      messages: [{ role: 'user' as const, content: `Say ${n}` }],
      ...over,
    },
  };
}

function create(count: number) {
  return client.messages.batches.create({ requests: Array.from({ length: count }, (_, n) => requestOf(n)) });
}

function ended(id: string) {
  return until(
    async () => {
      const batch = await client.messages.batches.retrieve(id);
      return batch.processing_status === 'ended' ? batch : null;
    },
    { what: `the end of ${id}` },
  );
}

async function resultsOf(id: string) {
  const results: Anthropic.Messages.MessageBatchIndividualResponse[] = [];
  for await (const result of await client.messages.batches.results(id)) results.push(result);
  return results;
}

test('a batch goes from create to results at half the price, and is deleted', async () => {
  const batch = await create(20);
  expect(batch).toMatchObject({
    type: 'message_batch',
    processing_status: 'in_progress',
    request_counts: { processing: 20, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
    ended_at: null,
    results_url: null,
    archived_at: null,
  });
  expect(batch.id).toMatch(/^msgbatch_/);
  expect(Date.parse(batch.expires_at) - Date.parse(batch.created_at)).toBe(86_400_000);
  const done = await ended(batch.id);
  expect(done.request_counts).toEqual({ processing: 0, succeeded: 20, errored: 0, canceled: 0, expired: 0 });
  expect(done.results_url).toBe(`${simulator.urlFor('anthropic')}/v1/messages/batches/${batch.id}/results`);
  const results = await resultsOf(batch.id);
  expect(results.map(({ custom_id: id }) => id)).not.toEqual(
    Array.from({ length: 20 }, (_, n) => `line_${n}`),
  );
  expect(results[0]?.result).toMatchObject({
    type: 'succeeded',
    message: { type: 'message', usage: { service_tier: 'batch' } },
  });
  const bill = simulator.control.bill()[0]!;
  expect(bill.cost_usd).toBeCloseTo(
    ((bill.prompt_tokens + bill.completion_tokens * 5) / 1_000_000) * 0.5,
    12,
  );
  expect(await client.messages.batches.delete(batch.id)).toEqual({
    id: batch.id,
    type: 'message_batch_deleted',
  });
  await expect(client.messages.batches.retrieve(batch.id)).rejects.toMatchObject({ status: 404 });
});

test('what is in the requests is checked as they are run, not at the create', async () => {
  const batch = await client.messages.batches.create({
    requests: [requestOf(0), requestOf(1, { max_tokens: 0 }), requestOf(2, { no_such: true })],
  });
  const done = await ended(batch.id);
  expect(done.request_counts).toMatchObject({ succeeded: 1, errored: 2 });
  const bad = (await resultsOf(batch.id)).find(({ custom_id: id }) => id === 'line_1');
  expect(bad?.result).toEqual({
    type: 'errored',
    error: {
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining('max_tokens') as string },
      request_id: null,
    },
  });
});

test.each([
  ['an id of other letters', [{ ...requestOf(0), custom_id: 'a b' }], 'requests.0.custom_id'],
  ['an id that is too long', [{ ...requestOf(0), custom_id: 'x'.repeat(65) }], 'requests.0.custom_id'],
  ['an id that comes twice', [requestOf(0), requestOf(0)], 'unique'],
  ['no requests', [], 'at least 1 item'],
])('a batch with %s is refused whole', async (_what, requests, words) => {
  await expect(client.messages.batches.create({ requests })).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining(words) as string,
  });
  expect(simulator.control.batches()).toEqual([]);
});

test('a cancelled batch is canceling until it has ended, and counts only then', async () => {
  simulator.control.setBatchBehaviour({ batch: { stalls: { at: 0.4 }, cancelling_ms: 200 } });
  const batch = await create(10);
  await until(() => simulator.control.batches()[0]?.counts.succeeded === 4, { what: 'four answers' });
  const running = await client.messages.batches.retrieve(batch.id);
  expect(running.request_counts).toMatchObject({ processing: 10, succeeded: 0 });
  await expect(client.messages.batches.delete(batch.id)).rejects.toMatchObject({ status: 400 });
  const cancelled = await client.messages.batches.cancel(batch.id);
  expect(cancelled.processing_status).toBe('canceling');
  expect(cancelled.cancel_initiated_at).toBeTypeOf('string');
  const done = await ended(batch.id);
  expect(done.request_counts).toMatchObject({ processing: 0, succeeded: 4, canceled: 6 });
  const types = (await resultsOf(batch.id)).map(({ result }) => result.type);
  expect(types.filter((type) => type === 'canceled')).toHaveLength(6);
});

test('a client that leaves in the middle of a create leaves nothing behind', async () => {
  const sent = request(`${simulator.urlFor('anthropic')}/v1/messages/batches`, {
    method: 'POST',
    headers: { 'x-api-key': 'any', 'content-type': 'application/json' },
  });
  sent.on('error', () => undefined);
  sent.write(`{"requests":[${JSON.stringify(requestOf(0))},`);
  await until(() => simulator.control.calls().length === 1, { what: 'the call to arrive' });
  sent.destroy();
  await until(() => simulator.control.calls()[0]?.aborted ?? false, { what: 'the end of the call' });
  expect(simulator.control.batches()).toEqual([]);
  expect(await resultsOf((await ended((await create(1)).id)).id)).toHaveLength(1);
});

test('lists go in pages in both directions, the newest first', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) ids.unshift((await create(1)).id);
  const seen: string[] = [];
  for await (const batch of client.messages.batches.list({ limit: 2 })) seen.push(batch.id);
  expect(seen).toEqual(ids);
  const newer = await client.messages.batches.list({ before_id: ids[3]!, limit: 2 });
  expect(newer.data.map(({ id }) => id)).toEqual([ids[1], ids[2]]);
});
