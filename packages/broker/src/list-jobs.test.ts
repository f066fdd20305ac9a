import { expect, test } from 'vitest';
import { freshBrokerJob } from '../../../test/support/fresh-broker-job.ts';
import { freshBrokerEach } from '../../../test/support/fresh-broker-each.ts';
import type { ListJobsQuery } from './broker.ts';

const fresh = freshBrokerEach();

const NOW = Date.now();

async function submit(changes: Parameters<typeof freshBrokerJob>[0]): Promise<string> {
  const job = freshBrokerJob(changes);
  await fresh().broker.jobs.submit(job);
  return job.id;
}

async function list(query: Partial<ListJobsQuery> = {}) {
  const page = await fresh().broker.jobs.list({ tenant: 'acme', limit: 100, ...query });
  if (page.status !== 'ok') throw new Error(page.status);
  return { ids: page.jobs.map(({ id }) => id), hasMore: page.hasMore, lastId: page.lastId };
}

async function walk(query: Partial<ListJobsQuery>): Promise<string[]> {
  const found: string[] = [];
  for (let after: string | null = null; ;) {
    const page = await list({ ...query, ...(after === null ? {} : { after }) });
    found.push(...page.ids);
    if (!page.hasMore) return found;
    expect(page.lastId).not.toBeNull();
    after = page.lastId;
  }
}

test('newest first', async () => {
  const ids: string[] = [];
  for (const ageMs of [3_000, 2_000, 1_000]) ids.push(await submit({ createdAtMs: NOW - ageMs }));
  expect((await list()).ids).toEqual(ids.toReversed());
});

test.each([1, 2, 7, 100])('pages of %i show every job of one millisecond once', async (limit) => {
  const ids = await Promise.all(Array.from({ length: 23 }, () => submit({ createdAtMs: NOW })));
  const half = ids.slice(0, 10);
  for (const id of half) await fresh().broker.jobs.cancel(id, 'acme');
  const found = await walk({ limit });
  expect(found).toHaveLength(ids.length);
  expect(found.toSorted()).toEqual(ids.toSorted());
});

test('more jobs of one millisecond than one read takes', async () => {
  const ids = await Promise.all(Array.from({ length: 250 }, () => submit({ createdAtMs: NOW })));
  expect((await walk({ limit: 40 })).toSorted()).toEqual(ids.toSorted());
});

test('there is more only when there is more', async () => {
  await Promise.all(Array.from({ length: 4 }, (_, index) => submit({ createdAtMs: NOW - index })));
  expect((await list({ limit: 4 })).hasMore).toBe(false);
  expect((await list({ limit: 3 })).hasMore).toBe(true);
});

test('only the tenant’s own', async () => {
  await submit({ tenant: 'other' });
  const id = await submit({});
  expect((await list()).ids).toEqual([id]);
  const foreign = await fresh().broker.jobs.list({ tenant: 'other', limit: 10, after: id });
  expect(foreign).toEqual({ status: 'unknown_cursor' });
  expect(await fresh().broker.jobs.list({ tenant: 'acme', limit: 10, after: 'job_no' })).toEqual({
    status: 'unknown_cursor',
  });
});

test('every filter', async () => {
  const plain = await submit({ createdAtMs: NOW - 10_000 });
  const special = await submit({
    createdAtMs: NOW,
    tier: 'flex',
    tags: ['red', 'blue'],
    keyId: 'key_2',
    batchId: 'batch_1',
    task: 'code',
    chain: ['google/gemini-2.5-flash', 'anthropic/claude-haiku-4-5'],
  });
  const matching: Partial<ListJobsQuery>[] = [
    { tier: 'flex' },
    { tag: 'blue' },
    { keyId: 'key_2' },
    { task: 'code' },
    { target: 'anthropic/claude-haiku-4-5' },
    { createdAfterMs: NOW - 5_000 },
  ];
  const answers = await Promise.all(matching.map(async (query) => ({ query, ids: (await list(query)).ids })));
  expect(answers).toEqual(matching.map((query) => ({ query, ids: [special] })));
  expect((await list({ createdBeforeMs: NOW - 5_000 })).ids).toEqual([plain]);
  expect((await list({ tag: 'green' })).ids).toEqual([]);
});

test('by status, also as it changes', async () => {
  const queued = await submit({});
  const running = await submit({});
  const cancelled = await submit({});
  await fresh().broker.transitions.start(await fresh().record(running), {
    target: 'openai/gpt-5.4-mini',
    provider_key: 'main',
    region: null,
    lane: 'live',
  });
  await fresh().broker.jobs.cancel(cancelled, 'acme');
  expect((await list({ status: 'queued' })).ids).toEqual([queued]);
  expect((await list({ status: 'in_progress' })).ids).toEqual([running]);
  expect((await list({ status: 'cancelled' })).ids).toEqual([cancelled]);
  expect((await list({ status: 'completed' })).ids).toEqual([]);
});

test('a filter that few jobs match scans a bounded part and answers where to go on', async () => {
  const rare = await submit({ createdAtMs: NOW - 100_000, tags: ['rare'] });
  await Promise.all(Array.from({ length: 1_100 }, (_, index) => submit({ createdAtMs: NOW - index })));
  const first = await list({ tag: 'rare' });
  expect(first).toMatchObject({ ids: [], hasMore: true });
  expect(await walk({ tag: 'rare' })).toEqual([rare]);
});

test('jobs that have gone by age leave the index', async () => {
  const id = await submit({});
  await fresh().redis.del(fresh().broker.keys.job(id));
  expect((await list()).ids).toEqual([]);
  expect(await fresh().redis.zcard(fresh().broker.keys.index('acme', 'open'))).toBe(0);
});
