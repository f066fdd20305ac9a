import { toFile } from 'openai';
import OpenAI from 'openai';
import { startSimulator, type Simulator } from '@sluice/simulator';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../support/until.ts';

let simulator: Simulator;
let client: OpenAI;

beforeEach(async () => {
  simulator = await startSimulator({ config: { latency: { p50_ms: 0, tokens_per_second: 0 } } });
  client = new OpenAI({ apiKey: 'sk-any', baseURL: simulator.urlFor('openai'), maxRetries: 0 });
});
afterEach(() => simulator.close());

interface Line {
  custom_id?: string;
  method?: string;
  url?: string;
  body?: object;
}

function lineOf(n: number, over: Line = {}): Line {
  return {
    custom_id: `line_${n}`,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'gpt-5.4-mini', messages: [{ role: 'user', content: `Say ${n}` }] },
    ...over,
  };
}

async function upload(lines: readonly (Line | string)[]): Promise<string> {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  const file = await client.files.create({
    file: await toFile(Buffer.from(text), 'lines.jsonl'),
    purpose: 'batch',
  });
  return file.id;
}

function create(fileId: string, metadata: Record<string, string> = {}) {
  return client.batches.create({
    input_file_id: fileId,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    metadata,
  });
}

function ended(id: string) {
  return until(
    async () => {
      const batch = await client.batches.retrieve(id);
      const isOver = ['completed', 'failed', 'expired', 'cancelled'].includes(batch.status);
      return isOver ? batch : null;
    },
    { what: `the end of ${id}` },
  );
}

async function linesOf(fileId: string | null | undefined): Promise<Record<string, never>[]> {
  if (!fileId) return [];
  const text = await (await client.files.content(fileId)).text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, never>);
}

test('a batch goes from upload to results at half the price', async () => {
  const fileId = await upload(Array.from({ length: 20 }, (_, n) => lineOf(n)));
  const file = await client.files.retrieve(fileId);
  expect(file).toMatchObject({
    object: 'file',
    purpose: 'batch',
    filename: 'lines.jsonl',
    status: 'processed',
  });
  expect(file.expires_at).toBe(file.created_at + 2_592_000);
  const batch = await create(fileId, { run: 'r1' });
  expect(batch).toMatchObject({ object: 'batch', status: 'validating', output_file_id: null, errors: null });
  const done = await ended(batch.id);
  expect(done).toMatchObject({
    status: 'completed',
    request_counts: { total: 20, completed: 20, failed: 0 },
    metadata: { run: 'r1' },
    model: 'gpt-5.4-mini',
    error_file_id: null,
  });
  const results = await linesOf(done.output_file_id);
  expect(new Set(results.map((line) => line['custom_id']))).toEqual(
    new Set(Array.from({ length: 20 }, (_, n) => `line_${n}`)),
  );
  expect(results).toHaveLength(20);
  expect(results.map((line) => line['custom_id'])).not.toEqual(
    Array.from({ length: 20 }, (_, n) => `line_${n}`),
  );
  expect(results[0]).toMatchObject({
    response: { status_code: 200, body: { object: 'chat.completion' } },
    error: null,
  });
  const [bill] = simulator.control.bill();
  const { prompt_tokens: prompt, completion_tokens: completion } = bill!;
  expect(bill!.cost_usd).toBeCloseTo(((prompt * 1 + completion * 5) / 1_000_000) * 0.5, 12);
  expect(done.usage).toMatchObject({ input_tokens: prompt, output_tokens: completion });
});

test.each([
  ['a line that is no JSON', '{"custom_id": ', { code: 'invalid_json_line', line: 2 }],
  ['an id that comes twice', lineOf(0), { code: 'duplicate_custom_id', line: 2 }],
  ['another endpoint', lineOf(1, { url: '/v1/responses' }), { code: 'url_mismatch', line: 2 }],
  ['another model', lineOf(1, { body: { model: 'gpt-5' } }), { code: 'model_mismatch', line: 2 }],
  ['no custom_id', { method: 'POST' }, { code: 'missing_required_parameter', line: 2, param: 'custom_id' }],
])('a file with %s fails whole, and costs nothing', async (_what, line, error) => {
  const batch = await create(await upload([lineOf(0), line, lineOf(2)]));
  const done = await ended(batch.id);
  expect(done).toMatchObject({ status: 'failed', output_file_id: null, error_file_id: null });
  expect(done.failed_at).toBeTypeOf('number');
  expect(done.errors?.data).toHaveLength(1);
  expect(done.errors?.data?.[0]).toMatchObject(error);
  expect(simulator.control.bill()).toEqual([]);
});

test('a line that the live API would refuse is refused in the error file with its status', async () => {
  const bad = lineOf(1, { body: { model: 'gpt-5.4-mini', messages: [], top_k: 3 } });
  const batch = await create(await upload([lineOf(0), bad]));
  const done = await ended(batch.id);
  expect(done).toMatchObject({ status: 'completed', request_counts: { total: 2, completed: 1, failed: 1 } });
  const [line] = await linesOf(done.error_file_id);
  expect(line).toMatchObject({
    custom_id: 'line_1',
    response: { status_code: 400, body: { error: { type: 'invalid_request_error' } } },
    error: null,
  });
});

test('lines that the window does not reach expire, and the finished ones are kept', async () => {
  simulator.control.setBatchBehaviour({ batch: { window_ms: 400, stalls: { at: 0.5 } } });
  const batch = await create(await upload(Array.from({ length: 10 }, (_, n) => lineOf(n))));
  const done = await ended(batch.id);
  expect(done.status).toBe('expired');
  expect(done.expired_at).toBeTypeOf('number');
  expect(await linesOf(done.output_file_id)).toHaveLength(5);
  const expired = await linesOf(done.error_file_id);
  expect(expired).toHaveLength(5);
  expect(expired[0]).toMatchObject({ response: null, error: { code: 'batch_expired' } });
});

test('a cancelled batch keeps what it finished and bills only that', async () => {
  simulator.control.setBatchBehaviour({ batch: { stalls: { at: 0.4 }, cancelling_ms: 100 } });
  const batch = await create(await upload(Array.from({ length: 10 }, (_, n) => lineOf(n))));
  await until(async () => (await client.batches.retrieve(batch.id)).request_counts?.completed === 4, {
    what: 'four lines',
  });
  expect((await client.batches.cancel(batch.id)).status).toBe('cancelling');
  const done = await ended(batch.id);
  expect(done.status).toBe('cancelled');
  expect(await linesOf(done.output_file_id)).toHaveLength(4);
  expect(simulator.control.bill()[0]?.calls).toBe(4);
});

test('what waits in the queue is limited in tokens, in the words of the vendor', async () => {
  simulator.control.setLimits({ account: 'openai', limits: { queued_batch_tokens: 100 } });
  simulator.control.setBatchBehaviour({ batch: { stalls: {} } });
  const first = await create(await upload([lineOf(0), lineOf(1)]));
  await until(async () => (await client.batches.retrieve(first.id)).status === 'in_progress', {
    what: 'a start',
  });
  const second = await ended(
    (await create(await upload(Array.from({ length: 10 }, (_, n) => lineOf(n))))).id,
  );
  expect(second.status).toBe('failed');
  expect(second.errors?.data?.[0]).toMatchObject({ code: 'token_limit_exceeded', line: null });
  expect(second.errors?.data?.[0]?.message).toMatch(
    /^Enqueued token limit reached for gpt-5.4-mini in organization .* Limit: 100 enqueued tokens\./,
  );
});

test('a create whose answer is lost is done all the same, and found in the list', async () => {
  const fileId = await upload([lineOf(0)]);
  await simulator.control.setFaults([
    { account: 'openai', api: 'batch', operation: 'create', kind: 'lost_response', times: 1 },
  ]);
  await expect(create(fileId, { run: 'r7' })).rejects.toThrow(OpenAI.APIConnectionError);
  const found = await client.batches.list();
  expect(found.data.map(({ metadata }) => metadata)).toEqual([{ run: 'r7' }]);
});

test('an outage of the batch API leaves live calls alone', async () => {
  await simulator.control.setFaults([{ account: 'openai', api: 'batch', kind: 'unavailable' }]);
  await expect(client.batches.list()).rejects.toMatchObject({ status: 503 });
  const live = client.chat.completions.create({
    model: 'gpt-5',
    messages: [{ role: 'user', content: 'Hi' }],
  });
  expect((await live).object).toBe('chat.completion');
});

test('results may be missing or come twice, and the simulator tells what was run', async () => {
  simulator.control.setBatchBehaviour({ batch: { missing_share: 0.3, doubled_share: 0.3 } });
  const batch = await create(await upload(Array.from({ length: 200 }, (_, n) => lineOf(n))));
  const done = await ended(batch.id);
  const ids = (await linesOf(done.output_file_id)).map((line) => String(line['custom_id']));
  expect(new Set(ids).size).toBeLessThan(200);
  expect(ids.length).toBeGreaterThan(new Set(ids).size);
  const lines = await simulator.control.batchLines({ account: 'openai', id: batch.id });
  expect(lines).toHaveLength(200);
  expect(simulator.control.batches({ account: 'openai' })[0]).toMatchObject({
    id: batch.id,
    phase: 'completed',
    counts: { total: 200, succeeded: 200 },
  });
});

test('lists go in pages, the newest first', async () => {
  const fileId = await upload([lineOf(0)]);
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) ids.unshift((await create(fileId)).id);
  const seen: string[] = [];
  for await (const batch of client.batches.list({ limit: 2 })) seen.push(batch.id);
  expect(seen).toEqual(ids);
});

test('what is not there is a 404, what is not right a 400', async () => {
  await expect(client.batches.retrieve('batch_none')).rejects.toMatchObject({ status: 404 });
  await expect(client.files.content('file-none')).rejects.toMatchObject({ status: 404 });
  await expect(create('file-none')).rejects.toMatchObject({ status: 400, param: 'input_file_id' });
  const text = client.files.create({ file: await toFile(Buffer.from('{}'), 'x.txt'), purpose: 'batch' });
  await expect(text).rejects.toMatchObject({ status: 400 });
  const fileId = await upload([lineOf(0)]);
  expect(await client.files.delete(fileId)).toMatchObject({ id: fileId, deleted: true });
  await expect(client.files.retrieve(fileId)).rejects.toMatchObject({ status: 404 });
});

test('a file of 50,000 lines is run to its end', async () => {
  const lines = Array.from({ length: 50_000 }, (_, n) => lineOf(n));
  const fileId = await upload(lines);
  const batch = await create(fileId);
  const done = await until(
    async () => {
      const seen = await client.batches.retrieve(batch.id);
      return seen.status === 'completed' ? seen : null;
    },
    { what: 'the batch', timeoutMs: 50_000 },
  );
  expect(done.request_counts).toEqual({ total: 50_000, completed: 50_000, failed: 0 });
});
