import { unpaidEnd, type JobRecord } from '@sluice/broker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal, startApiFixture, SUBMISSION, type ApiFixture } from './api-fixture.ts';
import { until } from '../support/until.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await startApiFixture();
});
afterAll(async () => api.close());

interface Made {
  id: string;
  key: string;
}
const make = async (body: object): Promise<Made> =>
  (await (await api.post('/v1/keys', { name: 'limited', ...body })).json()) as Made;
const bearer = ({ key }: Made): Record<string, string> => ({ authorization: `Bearer ${key}` });
const submit = (
  made: Made,
  body: object = SUBMISSION,
  headers: Record<string, string> = {},
): Promise<Response> => api.post('/v1/jobs', body, { ...bearer(made), ...headers });

/** Ends a job with so many tokens used, as a worker would. */
async function complete(id: string, totalTokens: number): Promise<void> {
  const { jobs, transitions } = api.open.broker;
  const job = (await jobs.get(id, 'default')) as JobRecord;
  const target = job.chain[0] as `${string}/${string}`;
  await transitions.start(job, { target, provider_key: 'default', region: null, lane: 'live' });
  const usage = {
    prompt_tokens: totalTokens,
    completion_tokens: 0,
    reasoning_tokens: 0,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    total_tokens: totalTokens,
  };
  await transitions.finish(job, {
    condition: 'any',
    status: 'completed',
    attemptEnd: { ...unpaidEnd('abandoned', null), status: 'succeeded', usage },
  });
}

test('requests per minute: the answer says what is left, and the one too many when to come again', async () => {
  const made = await make({ limits: { requests_per_minute: 3 } });
  const read = (): Promise<Response> => api.request('/v1/models', { headers: bearer(made) });
  const first = await read();
  expect(first.status).toBe(200);
  expect(first.headers.get('ratelimit-policy')).toBe('"requests";q=3;w=60');
  expect(first.headers.get('ratelimit')).toMatch(/^"requests";r=2;t=\d+$/);
  await read();
  await read();
  const refused = await read();
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Number(refused.headers.get('retry-after-ms'))).toBeGreaterThan(1_000);
  expect(await refusal(refused)).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
  expect((await api.request('/v1/models')).status).toBe(200);
});

test('open jobs: a place is free again when a job has ended, and a repeated submit takes none', async () => {
  const made = await make({ limits: { queued_jobs: 2 } });
  const repeat = { 'idempotency-key': `k-${made.id}` };
  const { id } = (await (await submit(made, SUBMISSION, repeat)).json()) as { id: string };
  expect((await submit(made, SUBMISSION, repeat)).status).toBe(202);
  expect((await submit(made)).status).toBe(202);
  expect(await refusal(await submit(made))).toMatchObject({ status: 429, code: 'key_quota_exceeded' });
  await complete(id, 10);
  expect((await submit(made)).status).toBe(202);
});

test('tokens of a day: reserved as estimated, booked as used, refused before anything is stored', async () => {
  const request = { ...SUBMISSION.request, max_tokens: 400 };
  const made = await make({ limits: { tokens_per_day: 1_000 } });
  const jobs: string[] = [];
  for (;;) {
    const answer = await submit(made, { request });
    if (answer.status !== 202) {
      expect(await refusal(answer)).toMatchObject({ status: 429, code: 'key_quota_exceeded' });
      break;
    }
    jobs.push(((await answer.json()) as { id: string }).id);
  }
  expect(jobs).toHaveLength(2);
  await complete(jobs[0] as string, 5);
  await until(async () => (await submit(made, { request })).status === 202, { what: 'the settlement' });
});

test('a request that never fits is told so and not to be tried again', async () => {
  const made = await make({ limits: { tokens_per_minute: 50 } });
  const answer = await submit(made, { request: { ...SUBMISSION.request, max_tokens: 5_000 } });
  expect(answer.headers.get('x-should-retry')).toBe('false');
  expect(await refusal(answer)).toMatchObject({ status: 429, code: 'key_quota_exceeded' });
});

test('bytes of a body: by its length, and while it comes in pieces without one', async () => {
  const made = await make({ limits: { body_bytes: 500 } });
  const large = { request: { messages: [{ role: 'user', content: 'x'.repeat(600) }] } };
  expect(await refusal(await submit(made, large))).toMatchObject({ status: 413, code: 'body_too_large' });
  const pieces = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(JSON.stringify(large)));
      controller.close();
    },
  });
  const chunked = await fetch(`${api.url}/v1/jobs`, {
    method: 'POST',
    body: pieces,
    headers: { ...bearer(made), 'content-type': 'application/json' },
    duplex: 'half',
  });
  expect(await refusal(chunked)).toMatchObject({ status: 413, code: 'body_too_large' });
  expect((await submit(made)).status).toBe(202);
});

test('event streams at once: one that is closed makes room', async () => {
  const made = await make({ limits: { event_streams: 1 } });
  const { id } = (await (await submit(made)).json()) as { id: string };
  const control = new AbortController();
  const open = (signal?: AbortSignal): Promise<Response> =>
    api.request(`/v1/jobs/${id}/events`, { headers: bearer(made), ...(signal ? { signal } : {}) });
  expect((await open(control.signal)).status).toBe(200);
  expect(await refusal(await open())).toMatchObject({ status: 429, code: 'too_many_streams' });
  control.abort();
  const again = new AbortController();
  await until(async () => (await open(again.signal)).status === 200, { what: 'a free place' });
  again.abort();
});

test('limits that are changed are in force within a second, in every process', async () => {
  const made = await make({});
  expect((await submit(made)).status).toBe(202);
  const changed = await api.request(`/v1/keys/${made.id}`, {
    method: 'PATCH',
    body: JSON.stringify({ limits: { body_bytes: 10 } }),
    headers: { 'content-type': 'application/json' },
  });
  expect(await changed.json()).toMatchObject({ limits: { body_bytes: 10 } });
  await until(async () => (await submit(made)).status === 413, { what: 'the new limit', timeoutMs: 2_000 });
});

test('defaults of a key fill up what its callers leave out', async () => {
  const made = await make({ defaults: { tier: 'flex', tags: ['team-a'] } });
  expect(await (await submit(made)).json()).toMatchObject({ tier: 'flex', tags: ['team-a'] });
  expect(await (await submit(made, { ...SUBMISSION, tier: 'priority' })).json()).toMatchObject({
    tier: 'priority',
  });
});
