import { jobSchema, type Job } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal, startApiFixture, SUBMISSION, type ApiFixture } from './api-fixture.ts';
import { playWorker } from './api-play-worker.ts';
import { until } from '../support/until.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await startApiFixture();
});
afterAll(() => api.close());

test('a submission is answered with 202, its place and a job in the shape of the contract', async () => {
  const answer = await api.post('/v1/jobs', {
    ...SUBMISSION,
    tier: 'priority',
    metadata: { a: '1' },
    tags: ['x'],
  });
  expect(answer.status).toBe(202);
  const job = jobSchema.parse(await answer.json());
  expect(answer.headers.get('location')).toBe(`${api.url}/v1/jobs/${job.id}`);
  expect(answer.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{24}$/);
  expect(job).toMatchObject({
    status: 'queued',
    tier: 'priority',
    route: 'default',
    chain: ['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5'],
    metadata: { a: '1' },
    tags: ['x'],
  });
  expect(Date.parse(job.deadline) - Date.parse(job.created_at)).toBe(86_400_000);
});

test('the request id of the caller is kept when it is plain, and replaced when it is not', async () => {
  const kept = await api.request('/livez', { headers: { 'x-request-id': 'trace-1' } });
  expect(kept.headers.get('x-request-id')).toBe('trace-1');
  const replaced = await api.request('/livez', { headers: { 'x-request-id': 'a b"c' } });
  expect(replaced.headers.get('x-request-id')).toMatch(/^req_/);
});

test('the same Idempotency-Key and body find the same job, quoted or bare, whatever the order of fields', async () => {
  const first = await api.post('/v1/jobs', { tier: 'flex', ...SUBMISSION }, { 'idempotency-key': '"once"' });
  const again = await api.post('/v1/jobs', { ...SUBMISSION, tier: 'flex' }, { 'idempotency-key': 'once' });
  expect(first.headers.get('idempotent-replayed')).toBeNull();
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(((await again.json()) as Job).id).toBe(((await first.json()) as Job).id);
});

test('twenty submissions at once with one Idempotency-Key make one job', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => api.post('/v1/jobs', SUBMISSION, { 'idempotency-key': 'at-once' })),
  );
  const jobs = (await Promise.all(answers.map((answer) => answer.json()))) as Job[];
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(1);
  expect(answers.filter((answer) => answer.headers.get('idempotent-replayed') === null)).toHaveLength(1);
});

test('the same Idempotency-Key with another body is a 422 that must not be retried', async () => {
  await api.post('/v1/jobs', SUBMISSION, { 'idempotency-key': 'other-body' });
  const answer = await api.post(
    '/v1/jobs',
    { ...SUBMISSION, tier: 'flex' },
    { 'idempotency-key': 'other-body' },
  );
  expect(answer.headers.get('x-should-retry')).toBe('false');
  expect(await refusal(answer)).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
});

test('the Idempotency-Key of an erased job makes no second one', async () => {
  const job = (await (await api.post('/v1/jobs', SUBMISSION, { 'idempotency-key': 'erased' })).json()) as Job;
  await api.post(`/v1/jobs/${job.id}/cancel`, '');
  expect((await api.request(`/v1/jobs/${job.id}`, { method: 'DELETE' })).status).toBe(200);
  const again = await api.post('/v1/jobs', SUBMISSION, { 'idempotency-key': 'erased' });
  expect(await refusal(again)).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
});

test('Prefer: wait answers 200 with the job when it ends in time', async () => {
  const tag = 'waited-for';
  const waiting = api.post('/v1/jobs', { ...SUBMISSION, tags: [tag] }, { prefer: 'respond-async, wait=30' });
  const job = await until(
    async () =>
      ((await (await api.request(`/v1/jobs?tag=${tag}`)).json()) as { data: Job[] }).data[0] ?? null,
    { what: 'the job in the list' },
  );
  await (await playWorker(api, job.id)).complete();
  const answer = await waiting;
  expect(answer.status).toBe(200);
  expect(answer.headers.get('preference-applied')).toBe('wait=30');
  expect(await answer.json()).toMatchObject({ id: job.id, status: 'completed' });
});

test('Prefer: wait answers 202 when the job does not end in time, and a longer wait is shortened', async () => {
  const short = await api.post('/v1/jobs', SUBMISSION, { prefer: 'wait=1' });
  expect(short.status).toBe(202);
  const cancelled = await api.submit();
  await api.post(`/v1/jobs/${cancelled.id}/cancel`, '');
  const capped = await api.post(`/v1/jobs`, SUBMISSION, { prefer: 'wait=0' });
  expect(capped.headers.get('preference-applied')).toBe('wait=0');
});

test('deadlines are taken as a time or a duration', async () => {
  const within = await api.submit({ ...SUBMISSION, within: '15m' });
  expect(Date.parse(within.deadline) - Date.parse(within.created_at)).toBe(900_000);
  const at = new Date(Date.now() + 3_600_000).toISOString();
  expect((await api.submit({ ...SUBMISSION, deadline: at })).deadline).toBe(at);
});

test('a target, a chain and a plain model name each make their chain', async () => {
  const target = await api.submit({ request: { ...SUBMISSION.request, model: 'openai/gpt-5.4-mini' } });
  expect(target).toMatchObject({ route: null, chain: ['openai/gpt-5.4-mini'] });
  const chain = await api.submit({
    ...SUBMISSION,
    chain: ['anthropic/claude-haiku-4-5', 'openai/gpt-5.4-mini'],
  });
  expect(chain.chain).toEqual(['anthropic/claude-haiku-4-5', 'openai/gpt-5.4-mini']);
  const model = await api.submit({ request: { ...SUBMISSION.request, model: 'claude-haiku-4-5' } });
  expect(model.chain).toEqual(['anthropic/claude-haiku-4-5']);
});
