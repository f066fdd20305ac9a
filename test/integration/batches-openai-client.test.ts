import OpenAI, { toFile } from 'openai';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { batchLines, chatBody, parseLines } from '../support/batch-lines.ts';
import { startProxy } from '../support/start-proxy.ts';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

let stack: Stack;
let client: OpenAI;
beforeAll(async () => {
  // At a vendor's own Batch API the lines would wait for others first; that is another test's.
  const providers = {
    openai: { batch: false, limits: { concurrency: 8 } },
    anthropic: { batch: false },
    google: { batch: false },
  };
  stack = await startStack({ config: { providers } });
  client = new OpenAI({ apiKey: stack.key, baseURL: `${stack.url}/v1`, maxRetries: 0 });
});
afterEach(() => stack.simulator.control.reset());
afterAll(() => stack.close());

interface OutputLine {
  id: string;
  custom_id: string;
  response: { status_code: number; request_id: string; body: object } | null;
  error: { code: string; message: string } | null;
}

async function upload(text: string): Promise<string> {
  const file = await client.files.create({
    file: await toFile(Buffer.from(text), 'in.jsonl'),
    purpose: 'batch',
  });
  return file.id;
}

function ended(id: string): Promise<OpenAI.Batch> {
  return until(
    async () => {
      const batch = await client.batches.retrieve(id);
      return ['completed', 'failed', 'expired', 'cancelled'].includes(batch.status) ? batch : null;
    },
    { what: `the end of ${id}` },
  );
}

const download = async (id: string): Promise<OutputLine[]> =>
  parseLines(await (await client.files.content(id)).text());

test('a create that the client sends again after a 503 makes no second batch', async () => {
  const ids = async (): Promise<string[]> =>
    (await client.batches.list({ limit: 100 })).data.map(({ id }) => id);
  const before = await ids();
  const retries: unknown[] = [];
  // The batch is made, and the client is told that it is not.
  const proxy = await startProxy(stack.url, ({ method, url, headers }, response) => {
    if (method !== 'POST' || url !== '/v1/batches') return false;
    retries.push(headers['x-stainless-retry-count']);
    if (retries.length > 2) return false;
    response.writeHead(503, { 'retry-after-ms': '1' }).end();
    return true;
  });
  try {
    const retrying = new OpenAI({ apiKey: stack.key, baseURL: `${proxy.url}/v1`, maxRetries: 3 });
    const created = await retrying.batches.create({
      input_file_id: await upload(batchLines([chatBody('once')])),
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    expect(retries).toEqual(['0', '1', '2']);
    expect(await ids()).toEqual([created.id, ...before]);
    expect((await ended(created.id)).request_counts).toEqual({ total: 1, completed: 1, failed: 0 });
    expect(stack.simulator.control.calls()).toHaveLength(1);
  } finally {
    proxy.close();
  }
});

test('upload, create, poll and download with the official client', async () => {
  const text = batchLines([chatBody('one'), chatBody('two', 'gpt-5.4-mini'), chatBody('three')]);
  const file = await client.files.create({
    file: await toFile(Buffer.from(text), 'my requests.jsonl'),
    purpose: 'batch',
    expires_after: { anchor: 'created_at', seconds: 7_200 },
  });
  expect(file).toMatchObject({
    object: 'file',
    purpose: 'batch',
    filename: 'my_requests.jsonl',
    bytes: Buffer.byteLength(text),
    status: 'processed',
  });
  expect(file.expires_at).toBe(file.created_at + 7_200);
  expect(await client.files.retrieve(file.id)).toEqual(file);
  expect(await (await client.files.content(file.id)).text()).toBe(text);

  const created = await client.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    metadata: { night: 'yes' },
  });
  expect(created).toMatchObject({
    object: 'batch',
    status: 'validating',
    errors: null,
    input_file_id: file.id,
    output_file_id: null,
    error_file_id: null,
    in_progress_at: null,
    finalizing_at: null,
    completed_at: null,
    failed_at: null,
    expired_at: null,
    cancelling_at: null,
    cancelled_at: null,
    request_counts: { total: 0, completed: 0, failed: 0 },
    metadata: { night: 'yes' },
    expires_at: created.created_at + 86_400,
  });
  const batch = await ended(created.id);
  expect(batch).toMatchObject({
    status: 'completed',
    request_counts: { total: 3, completed: 3, failed: 0 },
    error_file_id: null,
  });
  expect(batch.completed_at).toBeGreaterThanOrEqual(batch.finalizing_at ?? Infinity);
  expect(batch.usage?.total_tokens).toBeGreaterThan(0);
  const lines = await download(batch.output_file_id ?? '');
  expect(lines.map(({ custom_id: id }) => id)).toEqual(['line-1', 'line-2', 'line-3']);
  for (const line of lines) {
    expect(line).toMatchObject({ id: expect.stringMatching(/^batch_req_/), error: null });
    expect(line.response?.status_code).toBe(200);
    expect(line.response?.body).toMatchObject({ object: 'chat.completion' });
  }
  const jobs = (await (await stack.request(`/v1/jobs?batch=${batch.id}`)).json()) as {
    data: { custom_id: string }[];
  };
  expect(jobs.data.map(({ custom_id: id }) => id)).toEqual(['line-3', 'line-2', 'line-1']);
  expect(jobs.data[0]).toMatchObject({ batch_id: batch.id, tier: 'flex', status: 'completed' });

  const content = await client.files.content(batch.output_file_id ?? '');
  expect(content.headers.get('content-disposition')).toMatch(
    /attachment; filename="batch_\w+_output\.jsonl"/,
  );
  expect(await client.files.delete(file.id)).toEqual({ id: file.id, object: 'file', deleted: true });
  await expect(client.files.retrieve(file.id)).rejects.toMatchObject({ status: 404 });
});

test('responses as the endpoint', async () => {
  const input = await upload(batchLines([{ model: 'default', input: 'Hello' }], { url: '/v1/responses' }));
  const { id } = await client.batches.create({
    input_file_id: input,
    endpoint: '/v1/responses',
    completion_window: '24h',
  });
  const [line] = await download((await ended(id)).output_file_id ?? '');
  expect(line?.response?.body).toMatchObject({ object: 'response', status: 'completed' });
});

test('what a provider refuses is in the error file with its HTTP answer, and can be retried', async () => {
  await stack.simulator.control.setFaults([{ account: 'openai', kind: 'context_window' }]);
  const model = 'openai/gpt-5.4-mini';
  const input = await upload(batchLines([chatBody('a', model), chatBody('b', 'anthropic/claude-haiku-4-5')]));
  const { id } = await client.batches.create({
    input_file_id: input,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  });
  const batch = await ended(id);
  expect(batch).toMatchObject({
    status: 'completed',
    request_counts: { total: 2, completed: 1, failed: 1 },
  });
  const [failed] = await download(batch.error_file_id ?? '');
  expect(failed).toMatchObject({
    custom_id: 'line-1',
    error: null,
    response: { status_code: 400, body: { error: { code: 'context_length_exceeded' } } },
  });
  await stack.simulator.control.reset();
  const answer = await stack.request(`/v1/batches/${id}/retry`, { method: 'POST' });
  const again = (await answer.json()) as OpenAI.Batch & { retried_from: string };
  expect(again.retried_from).toBe(id);
  const second = await ended(again.id);
  expect(second.request_counts).toEqual({ total: 1, completed: 1, failed: 0 });
  const [line] = await download(second.output_file_id ?? '');
  expect(line?.custom_id).toBe('line-1');
});

test('list pages through all batches, newest first', async () => {
  const found: string[] = [];
  for await (const batch of client.batches.list({ limit: 2 })) found.push(batch.id);
  expect(found.length).toBeGreaterThanOrEqual(4);
  expect(new Set(found).size).toBe(found.length);
});

test('cancel keeps what is finished and tells what was not run', async () => {
  stack.simulator.control.setLatency({ account: 'openai', latency: { p50_ms: 60_000 } });
  const slow = 'openai/gpt-5.4-mini';
  const fast = 'anthropic/claude-haiku-4-5';
  const bodies = [chatBody('fast', fast), ...Array.from({ length: 30 }, () => chatBody('slow', slow))];
  const input = await upload(batchLines(bodies));
  const { id } = await client.batches.create({
    input_file_id: input,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  });
  await until(async () => (await client.batches.retrieve(id)).request_counts?.completed === 1, {
    what: 'one answer',
  });
  const so_far = parseLines<OutputLine>(await (await stack.request(`/v1/batches/${id}/results`)).text());
  expect(so_far.map((line) => line.custom_id)).toEqual(['line-1']);
  const cancelling = await client.batches.cancel(id);
  expect(['cancelling', 'cancelled']).toContain(cancelling.status);
  const batch = await ended(id);
  expect(batch).toMatchObject({
    status: 'cancelled',
    request_counts: { total: 31, completed: 1, failed: 30 },
  });
  expect(batch.cancelled_at).not.toBeNull();
  expect((await download(batch.output_file_id ?? '')).map((line) => line.custom_id)).toEqual(['line-1']);
  const errors = await download(batch.error_file_id ?? '');
  expect(errors).toHaveLength(30);
  expect(errors[0]).toMatchObject({ response: null, error: { code: 'batch_cancelled' } });
  await expect(client.batches.cancel((await ended(id)).id)).resolves.toMatchObject({ status: 'cancelled' });
});
