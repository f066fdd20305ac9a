import { jobSchema, type Job } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal, startApiFixture, SUBMISSION, type ApiFixture } from './api-fixture.ts';
import { playWorker } from './api-play-worker.ts';

interface JobList {
  data: Job[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}

let api: ApiFixture;
beforeAll(async () => {
  // A read without a wake-up would come too late for every test here.
  api = await startApiFixture({ limits: { pollMs: 120_000 } });
});
afterAll(() => api.close());

const list = async (query: string, init: RequestInit = {}): Promise<JobList> =>
  (await (await api.request(`/v1/jobs?${query}`, init)).json()) as JobList;

async function newKey(tenant: string): Promise<{ headers: { authorization: string } }> {
  const { key } = (await (await api.post('/v1/keys', { name: 'test', tenant })).json()) as { key: string };
  return { headers: { authorization: `Bearer ${key}` } };
}

test('a long poll is answered when the job ends', async () => {
  const { id } = await api.submit();
  const worker = await playWorker(api, id);
  await worker.start();
  const waiting = api.request(`/v1/jobs/${id}?wait=60`);
  for (let n = 0; n < 50; n += 1) await worker.delta('word ');
  await worker.complete();
  const job = jobSchema.parse(await (await waiting).json());
  expect(job).toMatchObject({
    status: 'completed',
    result: { choices: [{ message: { content: 'Hello.' } }] },
  });
  expect(job.attempts).toMatchObject([{ n: 1, status: 'succeeded', target: 'openai/gpt-5.4-mini' }]);
});

test('a long poll is answered as the job is when the time is over, and at once when the job has ended', async () => {
  const { id } = await api.submit();
  const before = performance.now();
  const queued = (await (await api.request(`/v1/jobs/${id}?wait=1`)).json()) as Job;
  expect(queued.status).toBe('queued');
  expect(queued.position).toBeGreaterThan(0);
  expect(performance.now() - before).toBeGreaterThan(900);
  await (await playWorker(api, id)).complete();
  const ended = (await (await api.request(`/v1/jobs/${id}?wait=60`)).json()) as Job;
  expect(ended).toMatchObject({ status: 'completed', position: null, eta_ms: null });
});

test('a list is paged from newest to oldest and filtered', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1)
    ids.unshift((await api.submit({ ...SUBMISSION, tags: ['paged'], tier: 'flex' })).id);
  const seen: string[] = [];
  let page = await list('tag=paged&limit=2');
  expect(page).toMatchObject({ first_id: ids[0], has_more: true });
  for (let guard = 0; guard < 10; guard += 1) {
    seen.push(...page.data.map(({ id }) => id));
    if (!page.has_more) break;
    page = await list(`tag=paged&limit=2&after=${page.last_id}`);
  }
  expect(seen).toEqual(ids);
  expect((await list('tag=paged&tier=priority')).data).toEqual([]);
  await api.post(`/v1/jobs/${ids[0]}/cancel`, '');
  expect((await list('tag=paged&status=cancelled')).data.map(({ id }) => id)).toEqual([ids[0]]);
  const future = new Date(Date.now() + 60_000).toISOString();
  expect((await list(`tag=paged&created_after=${future}`)).data).toEqual([]);
});

test("an unknown id and another tenant's job give the same 404, whatever is asked of them", async () => {
  const { id } = await api.submit();
  const stranger = await newKey('strangers');
  const asked: [string, string][] = [
    ['GET', ''],
    ['GET', '?wait=5'],
    ['DELETE', ''],
    ['POST', '/cancel'],
    ['POST', '/retry'],
    ['GET', '/events'],
  ];
  for (const [method, suffix] of asked) {
    const other = await refusal(await api.request(`/v1/jobs/${id}${suffix}`, { method, ...stranger }));
    const unknown = await refusal(await api.request(`/v1/jobs/job_none${suffix}`, { method, ...stranger }));
    expect(other).toMatchObject({ status: 404, code: 'not_found', param: 'id' });
    expect(other.message.replace(id, 'job_none')).toBe(unknown.message);
  }
  expect((await list('limit=100', stranger)).data).toEqual([]);
  expect(((await (await api.request(`/v1/jobs/${id}`)).json()) as Job).status).toBe('queued');
});

test('the same Idempotency-Key of two tenants makes two jobs', async () => {
  const stranger = await newKey('others');
  const headers = { 'idempotency-key': 'shared' };
  const mine = (await (await api.post('/v1/jobs', SUBMISSION, headers)).json()) as Job;
  const theirs = (await (
    await api.post('/v1/jobs', SUBMISSION, { ...headers, ...stranger.headers })
  ).json()) as Job;
  expect(theirs.id).not.toBe(mine.id);
});

test('cancel ends a job at once and twice is harmless; a job that ended otherwise is a 409', async () => {
  const { id } = await api.submit();
  for (let n = 0; n < 2; n += 1) {
    const answer = await api.post(`/v1/jobs/${id}/cancel`, '');
    expect(await answer.json()).toMatchObject({ status: 'cancelled', error: { code: 'cancelled' } });
  }
  const done = await api.submit();
  await (await playWorker(api, done.id)).complete();
  const answer = await api.request(`/v1/jobs/${done.id}/cancel`, { method: 'POST' });
  expect(await refusal(answer)).toMatchObject({ status: 409, code: 'job_ended' });
});

test('retry makes a new job like the old one, which stays as it is', async () => {
  const old = await api.submit({ ...SUBMISSION, within: '1h', tags: ['again'], metadata: { a: 'b' } });
  expect(await refusal(await api.post(`/v1/jobs/${old.id}/retry`, ''))).toMatchObject({
    status: 409,
    code: 'job_not_ended',
  });
  await api.post(`/v1/jobs/${old.id}/cancel`, '');
  const answer = await api.post(`/v1/jobs/${old.id}/retry`, '');
  const job = (await answer.json()) as Job;
  expect(answer.status).toBe(202);
  expect(answer.headers.get('location')).toContain(job.id);
  expect(job).toMatchObject({
    status: 'queued',
    retried_from: old.id,
    tags: ['again'],
    metadata: { a: 'b' },
    chain: old.chain,
  });
  expect(Date.parse(job.deadline) - Date.parse(job.created_at)).toBe(3_600_000);
  expect(((await (await api.request(`/v1/jobs/${old.id}`)).json()) as Job).status).toBe('cancelled');
});

test('retry with an Idempotency-Key makes one job', async () => {
  const { id } = await api.submit();
  await api.post(`/v1/jobs/${id}/cancel`, '');
  const answers = await Promise.all(
    [1, 2].map(() => api.post(`/v1/jobs/${id}/retry`, '', { 'idempotency-key': 'retry-once' })),
  );
  const [first, second] = (await Promise.all(answers.map((answer) => answer.json()))) as [Job, Job];
  expect(second.id).toBe(first.id);
});

test('a job whose request was dropped cannot be retried', async () => {
  const { id } = await api.submit({ ...SUBMISSION, retention: { drop_request: true } });
  await api.post(`/v1/jobs/${id}/cancel`, '');
  expect(await refusal(await api.post(`/v1/jobs/${id}/retry`, ''))).toMatchObject({
    status: 400,
    code: 'invalid_request',
  });
});

test('delete erases a job that has ended, and refuses one that has not', async () => {
  const { id } = await api.submit();
  expect(await refusal(await api.request(`/v1/jobs/${id}`, { method: 'DELETE' }))).toMatchObject({
    status: 409,
    code: 'job_not_ended',
  });
  await api.post(`/v1/jobs/${id}/cancel`, '');
  const answer = await api.request(`/v1/jobs/${id}`, { method: 'DELETE' });
  expect(await answer.json()).toEqual({ id, object: 'job', deleted: true });
  expect((await api.request(`/v1/jobs/${id}`)).status).toBe(404);
  expect((await api.request(`/v1/jobs/${id}/events`)).status).toBe(404);
});
