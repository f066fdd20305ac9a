import { startSimulator, type Simulator } from '@sluice/simulator';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../support/until.ts';

interface Operation {
  name: string;
  done?: boolean;
  error?: { code: number; message: string };
  metadata: {
    state: string;
    displayName: string;
    createTime: string;
    endTime?: string;
    batchStats: Record<string, string>;
    output?: { responsesFile?: string; inlinedResponses?: { inlinedResponses: Answer[] } };
  };
  response?: { responsesFile?: string; inlinedResponses?: { inlinedResponses: Answer[] } };
}
interface Answer {
  key?: string;
  metadata?: { key: string };
  response?: { candidates: object[] };
  error?: { code: number; message: string };
}

let simulator: Simulator;
let base: string;

beforeEach(async () => {
  simulator = await startSimulator({ config: { latency: { p50_ms: 0, tokens_per_second: 0 } } });
  base = simulator.urlFor('google');
});
afterEach(() => simulator.close());

/** The REST routes, as no official client of ours knows them. */
async function call(
  method: string,
  url: string,
  { body, headers }: { body?: unknown; headers?: Record<string, string> } = {},
) {
  const response = await fetch(url.startsWith('http') ? url : `${base}${url}`, {
    method,
    headers: { 'x-goog-api-key': 'any', 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

async function operation(method: string, url: string, body?: unknown): Promise<Operation> {
  const { status, text } = await call(method, url, body === undefined ? {} : { body });
  if (status !== 200) throw new Error(`${status}: ${text}`);
  return JSON.parse(text) as Operation;
}

function requestOf(n: number, generationConfig: object = {}) {
  return { contents: [{ role: 'user', parts: [{ text: `Say ${n}` }] }], generationConfig };
}

function createInline(requests: object[]) {
  return operation('POST', '/v1beta/models/gemini-2.5-flash:batchGenerateContent', {
    batch: { display_name: 'mine', input_config: { requests: { requests } } },
  });
}

function ended(name: string) {
  return until(
    async () => {
      const seen = await operation('GET', `/v1beta/${name}`);
      return seen.done ? seen : null;
    },
    { what: `the end of ${name}` },
  );
}

test('inline requests are answered in their order, inside the operation, at half the price', async () => {
  const created = await createInline([
    ...Array.from({ length: 5 }, (_, n) => ({ request: requestOf(n), metadata: { key: `k${n}` } })),
    { request: requestOf(5, { temperature: 3 }), metadata: { key: 'bad' } },
  ]);
  expect(created.name).toMatch(/^batches\/[a-z0-9]+$/);
  expect(created.metadata).toMatchObject({ displayName: 'mine', batchStats: { requestCount: '6' } });
  expect(['BATCH_STATE_PENDING', 'BATCH_STATE_RUNNING']).toContain(created.metadata.state);
  const done = await ended(created.name);
  expect(done.metadata).toMatchObject({
    state: 'BATCH_STATE_SUCCEEDED',
    batchStats: { requestCount: '6', successfulRequestCount: '5', failedRequestCount: '1' },
  });
  const answers = done.response?.inlinedResponses?.inlinedResponses ?? [];
  expect(answers.map(({ metadata }) => metadata?.key)).toEqual(['k0', 'k1', 'k2', 'k3', 'k4', 'bad']);
  expect(answers[0]?.response?.candidates).toHaveLength(1);
  expect(answers[5]?.error?.code).toBe(3);
  expect(done.metadata.output?.inlinedResponses?.inlinedResponses).toEqual(answers);
  const bill = simulator.control.bill()[0]!;
  expect(bill.calls).toBe(5);
  expect(bill.cost_usd).toBeCloseTo(
    ((bill.prompt_tokens + bill.completion_tokens * 5) / 1_000_000) * 0.5,
    12,
  );
});

test('a file goes up in two steps, and its answers come as a file', async () => {
  const begun = await call('POST', '/upload/v1beta/files', {
    headers: {
      'x-goog-upload-protocol': 'resumable',
      'x-goog-upload-command': 'start',
      'x-goog-upload-header-content-type': 'application/jsonl',
    },
    body: { file: { display_name: 'lines' } },
  });
  const lines = [0, 1].map((n) => JSON.stringify({ key: `k${n}`, request: requestOf(n) })).join('\n');
  const sent = await fetch(begun.headers.get('x-goog-upload-url')!, {
    method: 'POST',
    headers: { 'x-goog-upload-command': 'upload, finalize', 'x-goog-upload-offset': '0' },
    body: lines,
  });
  const { file } = (await sent.json()) as { file: { name: string; sizeBytes: string; state: string } };
  expect(file).toMatchObject({ displayName: 'lines', state: 'ACTIVE', sizeBytes: String(lines.length) });
  const created = await operation('POST', '/v1beta/models/gemini-2.5-flash:batchGenerateContent', {
    batch: { displayName: 'filed', inputConfig: { fileName: file.name } },
  });
  const done = await ended(created.name);
  const made = done.response?.responsesFile;
  expect(done.metadata.output?.responsesFile).toBe(made);
  const { text } = await call('GET', `/download/v1beta/${made}:download?alt=media`);
  const answers = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
  expect(answers.map(({ key }) => key)).toEqual(['k0', 'k1']);
});

test('a cancelled batch says so and has no answers; one that expired neither', async () => {
  simulator.control.setBatchBehaviour({ batch: { stalls: { at: 0.5 } } });
  const requests = Array.from({ length: 4 }, (_, n) => ({ request: requestOf(n) }));
  const { name } = await createInline(requests);
  expect((await call('POST', `/v1beta/${name}:cancel`)).text.trim()).toBe('{}');
  const cancelled = await ended(name);
  expect(cancelled.metadata.state).toBe('BATCH_STATE_CANCELLED');
  expect(cancelled.error?.code).toBe(1);
  expect(cancelled.response).toBeUndefined();
  expect((await call('POST', `/v1beta/${name}:cancel`)).status).toBe(400);
  simulator.control.setBatchBehaviour({ batch: { stalls: {}, window_ms: 100 } });
  const expired = await ended((await createInline(requests)).name);
  expect(expired.metadata.state).toBe('BATCH_STATE_EXPIRED');
  expect(expired.response).toBeUndefined();
});

test('the list has operations in pages; a deleted batch is gone', async () => {
  const names: string[] = [];
  for (let n = 0; n < 3; n += 1) names.unshift((await createInline([{ request: requestOf(n) }])).name);
  const first = JSON.parse((await call('GET', '/v1beta/batches?pageSize=2')).text) as {
    operations: Operation[];
    nextPageToken: string;
  };
  expect(first.operations.map(({ name }) => name)).toEqual(names.slice(0, 2));
  const rest = await call('GET', `/v1beta/batches?pageSize=2&pageToken=${first.nextPageToken}`);
  const second = JSON.parse(rest.text) as { operations: Operation[]; nextPageToken?: string };
  expect(second.operations.map(({ name }) => name)).toEqual(names.slice(2));
  expect(second.nextPageToken).toBeUndefined();
  await call('DELETE', `/v1beta/${names[0]!}`);
  expect((await call('GET', `/v1beta/${names[0]!}`)).status).toBe(404);
});
