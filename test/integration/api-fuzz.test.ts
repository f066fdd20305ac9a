import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { API_ERRORS } from '@sluice/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batchLines, chatBody } from '../support/batch-lines.ts';
import { fuzzRequests, type FuzzRequest, type ValidBodies } from '../support/fuzz-requests.ts';
import { readOpenApi, type OpenApi, type OpenApiOperation } from '../support/openapi-operations.ts';
import { until } from '../support/until.ts';
import { startApiFixture, SUBMISSION, type ApiFixture } from './api-fixture.ts';

let api: ApiFixture;
let document: OpenApi;
beforeAll(async () => {
  api = await startApiFixture({ limits: { maxFailuresPerMinute: 100_000 } });
  document = await readOpenApi(api.url);
  ids = [...(await makeThings()), ...(await makeEnded())];
});
afterAll(async () => api.close());

const SAMPLES = 60;
/** Of each route and round; three rounds are measured against the first. */
const MEMORY_SAMPLES = 20;
/** A valid call waits for a worker, and there is none here. */
const WAITS: ReadonlySet<string> = new Set(['createChatCompletion', 'createResponse']);
const PATIENCE_MS = 8_000;
const WAITING_MS = 100;

/** Ids of things that exist, so that requests get past the 404. */
let ids: string[];

const REQUESTS = [{ custom_id: 'a', body: chatBody('x') }];
const MESSAGES = [{ role: 'user', content: 'x' }];
const PARAMS = { model: 'claude-haiku-4-5', max_tokens: 5, messages: MESSAGES };
const VALID: ValidBodies = {
  submitJob: SUBMISSION,
  explainRoute: SUBMISSION,
  createChatCompletion: { model: 'default', messages: MESSAGES },
  createResponse: { model: 'default', input: 'x', background: true },
  createBatch: { requests: REQUESTS },
  estimateBatch: batchLines([chatBody('x')]),
  createMessageBatch: { requests: [{ custom_id: 'a', params: PARAMS }] },
  createWebhookEndpoint: { url: 'https://example.com/hook' },
  changeWebhookEndpoint: { description: 'x' },
  createKey: { name: 'a', scopes: ['jobs:read'] },
  changeKey: { name: 'b' },
  updateProvider: { limits: { requests_per_minute: 100 } },
};

type Made = { id: string; status?: string; processing_status?: string };
const read = async (path: string, init: RequestInit = {}): Promise<Made> =>
  (await (await api.request(path, init)).json()) as Made;
const make = async (path: string, body: unknown): Promise<string> =>
  ((await (await api.post(path, body)).json()) as Made).id;

/** Ids of one of each thing that there is, and of what names a provider. */
async function makeThings(): Promise<string[]> {
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', new Blob([batchLines([chatBody('x')])]), 'in.jsonl');
  const made = await Promise.all([
    read('/v1/files', { method: 'POST', body: form }).then(({ id }) => id),
    make('/v1/jobs', VALID['submitJob']),
    make('/v1/responses', VALID['createResponse']),
    make('/v1/batches', VALID['createBatch']),
    make('/v1/messages/batches', VALID['createMessageBatch']),
    make('/v1/webhook_endpoints', VALID['createWebhookEndpoint']),
    make('/v1/keys', VALID['createKey']),
  ]);
  expect(made.every((id) => typeof id === 'string')).toBe(true);
  return [...made, 'openai', 'openai/gpt-5.4-mini'];
}

/** Ids of things that have ended, by being cancelled, and of the delivery that told of it. */
async function makeEnded(): Promise<string[]> {
  const ended = await Promise.all(
    [
      ['/v1/jobs', 'submitJob'],
      ['/v1/responses', 'createResponse'],
      ['/v1/batches', 'createBatch'],
      ['/v1/messages/batches', 'createMessageBatch'],
    ].map(async ([path = '', operation = '']) => {
      const id = await make(path, VALID[operation]);
      await read(`${path}/${id}/cancel`, { method: 'POST' });
      const hasEnded = async (): Promise<boolean> => {
        const { status, processing_status: ofBatch } = await read(`${path}/${id}`);
        return status === 'cancelled' || ofBatch === 'ended';
      };
      await until(hasEnded, { what: `the end of ${id}` });
      return id;
    }),
  );
  const endpoint = await make('/v1/webhook_endpoints', VALID['createWebhookEndpoint']);
  await read(`/v1/webhook_endpoints/${endpoint}/ping`, { method: 'POST' });
  const deliveries = await api.request('/v1/webhook_deliveries?limit=1');
  const { data } = (await deliveries.json()) as { data: Made[] };
  return [...ended, ...data.map(({ id }) => id)];
}

const requestsOf = (operation: OpenApiOperation): fc.Arbitrary<FuzzRequest> =>
  fuzzRequests(operation, { schemas: document.schemas, ids, valid: VALID });

async function call({ path, ...init }: FuzzRequest, patienceMs: number): Promise<string> {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), patienceMs);
  try {
    const answer = await api.request(path, { ...init, signal: control.signal });
    const { status } = answer;
    if (status >= 500) return `${status}: ${await answer.text()}`;
    if (status >= 400) {
      const { error } = (await answer.json()) as {
        error?: { code?: string; type?: string; message?: string };
      };
      const isKnown = path.startsWith('/v1/messages')
        ? error?.type
        : error?.code && Object.hasOwn(API_ERRORS, error.code);
      if (!isKnown || !error?.message)
        return `${status} without an error of the contract: ${JSON.stringify(error)}`;
    } else if (answer.headers.get('content-type')?.includes('event-stream')) control.abort();
    else await answer.arrayBuffer();
    return 'ok';
  } catch (error) {
    if (!control.signal.aborted) return String(error);
    return patienceMs === WAITING_MS ? 'ok' : 'no answer in time';
  } finally {
    clearTimeout(timer);
  }
}

/** What went wrong when every route got so many requests. */
async function fuzzEveryRoute({ samples, seed }: { samples: number; seed: number }): Promise<string[]> {
  const rows: string[] = [];
  for (const operation of document.operations) {
    const patienceMs = WAITS.has(operation.operationId) ? WAITING_MS : PATIENCE_MS;
    for (const sample of fc.sample(requestsOf(operation), { numRuns: samples, seed })) {
      const outcome = await call(sample, patienceMs);
      if (outcome === 'ok') continue;
      const body = typeof sample.body === 'string' ? sample.body.slice(0, 300) : '';
      rows.push(`${operation.method} ${sample.path.slice(0, 120)} ${body}\n    ${outcome.slice(0, 300)}`);
    }
  }
  return rows;
}

test('no route fails, hangs or answers outside the contract, whatever is sent', async () => {
  const routes = document.operations.map(({ operationId }) => operationId);
  expect(routes).toEqual(
    expect.arrayContaining([
      'createFile',
      'createBatch',
      'createMessageBatch',
      'createResponse',
      'submitJob',
    ]),
  );
  expect(await fuzzEveryRoute({ samples: SAMPLES, seed: 42 })).toEqual([]);
  expect((await api.request('/readyz')).status).toBe(200);
}, 180_000);

/** These need a pool of keys and a line that failed at a worker; neither is here. */
const TAKES_NONE: ReadonlySet<string> = new Set(['setProviderKeyState', 'retryBatch']);

test('what is sent is no mere noise: every route takes some of it', async () => {
  const noise: string[] = [];
  for (const operation of document.operations) {
    const { operationId, path } = operation;
    if (WAITS.has(operationId) || TAKES_NONE.has(operationId)) continue;
    if (path.includes('{')) ids = [...(await makeThings()), ...(await makeEnded())];
    const answers = new Set<number>();
    for (const sample of fc.sample(requestsOf(operation), { numRuns: 300, seed: 11 })) {
      answers.add(await statusOf(sample));
      if (Math.min(...answers) < 400) break;
    }
    if (Math.min(...answers) >= 400) noise.push(`${operationId}: ${[...answers].join(', ')}`);
  }
  expect(noise).toEqual([]);
}, 120_000);

async function statusOf({ path, ...init }: FuzzRequest): Promise<number> {
  const control = new AbortController();
  const answer = await api.request(path, { ...init, signal: control.signal });
  control.abort();
  return answer.status;
}

test('the same load on every route again leaves neither memory, timers nor streams behind', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    return { megabytes: (heapUsed + arrayBuffers) / 1e6, timers };
  };
  await fuzzEveryRoute({ samples: MEMORY_SAMPLES, seed: 7 });
  const before = held();
  for (const seed of [8, 9, 10]) await fuzzEveryRoute({ samples: MEMORY_SAMPLES, seed });
  const after = held();
  expect(after.megabytes - before.megabytes).toBeLessThan(10);
  expect(after.timers - before.timers).toBeLessThan(20);
  const streams = async (): Promise<boolean> =>
    /^sluice_open_streams(\{.*\})? 0$/m.test(await (await api.request('/metrics')).text());
  expect(await until(streams, { what: 'the end of all streams' })).toBe(true);
}, 180_000);

/** What its own check wants before it looks at further fields. */
const NEEDED: Readonly<Record<string, object>> = {
  createBatch: { input_file_id: 'file-1', endpoint: '/v1/chat/completions', completion_window: '24h' },
};

test('an unknown field of a body is a 400 that names it', async () => {
  const lenient: string[] = [];
  const withBody = document.operations.filter(
    ({ path, bodies }) => path.startsWith('/v1/') && bodies['application/json'] !== undefined,
  );
  for (const { method, path, operationId } of withBody) {
    const answer = await api.request(path.replaceAll(/\{\w+\}/g, 'nobody'), {
      method,
      body: JSON.stringify({ ...NEEDED[operationId], nobody_knows: 1 }),
      headers: { 'content-type': 'application/json' },
    });
    const text = await answer.text();
    if (answer.status === 400 && text.includes('nobody_knows')) continue;
    lenient.push(`${method} ${path}: ${answer.status} ${text.slice(0, 120)}`);
  }
  expect(withBody.length).toBeGreaterThan(10);
  expect(lenient).toEqual([]);
});
