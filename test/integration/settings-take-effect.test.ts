import {
  providerStatusSchema,
  queueStatusSchema,
  type ProviderStatus,
  type QueueStatus,
} from '@sluice/contracts';
import { startWorker } from '@sluice/worker';
import { createLogger } from '@sluice/runtime';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

const CHAIN = { request: { messages: [{ role: 'user', content: 'Say hello.' }] } };
/** One call a minute, after a bucket that starts empty. */
const ALMOST_CLOSED = { requests_per_minute: 1, burst_requests: 1 };

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    workers: 2,
    config: {
      providers: { openai: { limits: ALMOST_CLOSED, region: 'us' } },
      routes: { default: { targets: ['openai/gpt-5.4-mini'] } },
    },
  });
});
afterAll(() => stack.close());

const patch = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  stack.request(path, {
    method: 'PATCH',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
const provider = async (): Promise<ProviderStatus> =>
  providerStatusSchema.parse(await (await stack.request('/v1/providers/openai')).json());
const queues = async (): Promise<QueueStatus[]> => {
  const { data } = (await (await stack.request('/v1/queues')).json()) as { data: unknown[] };
  return data.map((queue) => queueStatusSchema.parse(queue));
};

afterEach(async () => {
  await patch('/v1/providers/openai', { limits: { requests_per_minute: null, burst_requests: null } });
});

test('GET /v1/providers shows kind, targets, key names, limits, leases, workers and depth', async () => {
  const shown = await until(
    async () => {
      const found = await provider();
      return found.workers.length === 2 && found.limits.length > 0 ? found : null;
    },
    { what: 'both workers and their limits' },
  );
  expect(shown).toMatchObject({
    kind: 'openai',
    region: 'us',
    keys: ['default'],
    targets: ['openai/gpt-5.4-mini'],
    configured_limits: { requests_per_minute: 1 },
    overrides: {},
  });
  expect(shown.limits.find(({ dimension }) => dimension === 'requests')).toMatchObject({ scope: 'provider' });
  expect(JSON.stringify(shown)).not.toContain('simulated');
});

test('raised limits hold in every process at once, and a restarted one knows them', async () => {
  const jobs = await Promise.all(Array.from({ length: 12 }, () => stack.submit(CHAIN)));
  const waiting = await until(
    async () => {
      const queue = (await queues()).find(
        ({ provider: name, tier }) => name === 'openai' && tier === 'standard',
      );
      return queue && queue.depth >= 8 ? queue : null;
    },
    { what: 'jobs that wait' },
  );
  expect(waiting.wanted_workers).toBe(1);
  expect(waiting.backlog_seconds).toBeGreaterThan(300);

  const answer = await patch('/v1/providers/openai', {
    limits: { requests_per_minute: 6_000, burst_requests: 100 },
  });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({
    overrides: { requests_per_minute: 6_000, burst_requests: 100 },
    configured_limits: { requests_per_minute: 6_000, burst_requests: 100 },
  });
  const ended = await Promise.all(jobs.map(({ id }) => stack.ended(id, 15_000)));
  expect(ended.map(({ status }) => status)).toEqual(ended.map(() => 'completed'));

  const restarted = await startWorker({
    config: stack.config,
    environment: stack.environment,
    logger: createLogger({ name: 'test', level: 'silent' }),
    providers: ['openai'],
  });
  const after = await stack.submit(CHAIN);
  expect((await stack.ended(after.id, 15_000)).status).toBe('completed');
  await restarted.close();
});

test('null takes a limit back to what the file says', async () => {
  await patch('/v1/providers/openai', { limits: { requests_per_minute: 600, concurrency: 3 } });
  const answer = await patch('/v1/providers/openai', { limits: { concurrency: null } });
  const { overrides } = providerStatusSchema.parse(await answer.json());
  expect(overrides).toEqual({ requests_per_minute: 600 });
  await patch('/v1/providers/openai', { limits: { requests_per_minute: null } });
  expect((await provider()).configured_limits).toMatchObject({ requests_per_minute: 1 });
});

test.each([
  ['an unknown provider', '/v1/providers/nobody', { limits: {} }, 404, 'not_found'],
  ['an unknown limit', '/v1/providers/openai', { limits: { speed: 3 } }, 400, 'invalid_request'],
  ['a limit of no size', '/v1/providers/openai', { limits: { concurrency: 0 } }, 400, 'invalid_request'],
  ['another field', '/v1/providers/openai', { limits: {}, kind: 'x' }, 400, 'invalid_request'],
])('%s is refused', async (_, path, body, status, code) => {
  const answer = await patch(path, body);
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({ error: { code } });
});

test('only keys with the scope admin see or change providers and queues', async () => {
  const made = await stack.request('/v1/keys', {
    method: 'POST',
    body: JSON.stringify({ name: 'plain' }),
    headers: { 'content-type': 'application/json' },
  });
  const { key } = (await made.json()) as { key: string };
  const headers = { authorization: `Bearer ${key}` };
  for (const path of ['/v1/providers', '/v1/providers/openai', '/v1/queues']) {
    expect((await stack.request(path, { headers })).status).toBe(403);
  }
  expect((await patch('/v1/providers/openai', { limits: {} }, headers)).status).toBe(403);
});
