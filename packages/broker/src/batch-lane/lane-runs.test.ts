import { expect, test } from 'vitest';
import { freshBrokerEach } from '../../../../test/support/fresh-broker-each.ts';
import { until } from '../../../../test/support/until.ts';
import type { Lead } from './lane-runs.ts';

const PROVIDER = 'openai';
const POOL = 'gpt-5.4-mini';
const LIMITS = { lines: 100, bytes: 1_000_000, tokens: 0 };

const fresh = freshBrokerEach();

const runs = () => fresh().broker.laneRuns;
const pool = () => fresh().broker.lanePool;
const add = (ticket: string, changes: { deadlineMs?: number; bytes?: number; tokens?: number } = {}) =>
  pool().add(PROVIDER, {
    ticket,
    pool: POOL,
    deadlineMs: Date.now() + 60_000,
    bytes: 100,
    tokens: 10,
    ...changes,
  });
const lead = async (holder = 'a', leaseMs = 60_000): Promise<Lead> => {
  const found = await runs().lead(PROVIDER, { pool: POOL, holder, leaseMs });
  if (!found) throw new Error(`${holder} does not lead`);
  return found;
};
const linesOf = async (run: string): Promise<string[]> => {
  const tickets: string[] = [];
  for await (const page of runs().lines(PROVIDER, run)) tickets.push(...page.map(({ ticket }) => ticket));
  return tickets;
};

test('one leads at a time; another does once the lease has run out, and then the first is fenced', async () => {
  const first = await lead('a', 100);
  expect(await runs().lead(PROVIDER, { pool: POOL, holder: 'b', leaseMs: 100 })).toBeNull();
  expect((await lead('a', 100)).fence).toBe(first.fence);
  const second = await until(() => runs().lead(PROVIDER, { pool: POOL, holder: 'b', leaseMs: 60_000 }), {
    what: 'the second leader',
  });
  expect(second.fence).toBeGreaterThan(first.fence);
  expect(await runs().open(first, { id: 'r1', maxTokens: 0 })).toBe(false);
  expect(await runs().open(second, { id: 'r1', maxTokens: 0 })).toBe(true);
  expect(await runs().advance(first, { run: 'r1', from: 'intent', to: 'file' })).toBe('fenced');
});

test('a run takes what is due first, as much as fits, and owns it', async () => {
  const now = Date.now();
  await add('late.1', { deadlineMs: now + 90_000 });
  await add('soon.1', { deadlineMs: now + 50_000 });
  await add('next.1', { deadlineMs: now + 60_000 });
  await add('far.1', { deadlineMs: now + 500_000 });
  const leader = await lead();
  await runs().open(leader, { id: 'r1', maxTokens: 0 });
  expect(await runs().fill(leader, 'r1', { ...LIMITS, lines: 2 })).toBe(2);
  expect(await linesOf('r1')).toEqual(['soon.1', 'next.1']);
  expect(await pool().place(PROVIDER, 'soon.1')).toEqual({ run: 'r1' });
  expect(await runs().load(PROVIDER, POOL, now)).toMatchObject({ lines: 2, bytes: 200, tokens: 20 });

  await runs().open(leader, { id: 'r2', maxTokens: 0 });
  // One that has far more time than the first waits for the next batch.
  expect(await runs().fill(leader, 'r2', LIMITS)).toBe(1);
  expect(await linesOf('r2')).toEqual(['late.1']);
});

test('a run stops at its bytes and tokens', async () => {
  for (let n = 0; n < 6; n += 1) await add(`job${n}.1`);
  const leader = await lead();
  await runs().open(leader, { id: 'bytes', maxTokens: 0 });
  expect(await runs().fill(leader, 'bytes', { ...LIMITS, bytes: 250 })).toBe(2);
  await runs().open(leader, { id: 'tokens', maxTokens: 30 });
  expect(await runs().fill(leader, 'tokens', { ...LIMITS, tokens: 30 })).toBe(3);
  expect(await runs().read(PROVIDER, 'tokens')).toMatchObject({ isSealed: true, tokens: 30 });
});

test('adding a ticket again changes nothing, in the pool and in a run', async () => {
  await add('job.1');
  await add('job.1');
  const leader = await lead();
  await runs().open(leader, { id: 'r1', maxTokens: 0 });
  expect(await runs().fill(leader, 'r1', LIMITS)).toBe(1);
  await add('job.1');
  expect(await runs().load(PROVIDER, POOL, Date.now())).toMatchObject({ lines: 0 });
});

test('only one creation may be under way at a provider, and it is over with the step after it', async () => {
  const leader = await lead();
  for (const id of ['r1', 'r2']) {
    await runs().open(leader, { id, maxTokens: 0 });
    await runs().advance(leader, { run: id, from: 'intent', to: 'file' });
  }
  const create = (run: string) => runs().advance(leader, { run, from: 'file', to: 'created' });
  expect(await create('r1')).toBe('ok');
  expect(await create('r2')).toBe('busy');
  await runs().advance(leader, { run: 'r1', from: 'created', to: 'polling', fields: { batch: 'batch_1' } });
  expect(await create('r2')).toBe('ok');
  expect(await runs().owns(PROVIDER, ['batch_1', 'batch_2'])).toEqual([true, false]);
});

test('a run closes once all of its lines are settled, which may be told twice', async () => {
  await add('job0.1');
  await add('job1.1');
  const leader = await lead();
  await runs().open(leader, { id: 'r1', maxTokens: 0 });
  await runs().fill(leader, 'r1', LIMITS);
  expect(await runs().settle(PROVIDER, 'r1', [{ n: 0, ticket: 'job0.1' }])).toBe(1);
  expect(await runs().settle(PROVIDER, 'r1', [{ n: 0, ticket: 'job0.1' }])).toBe(0);
  expect(await runs().close(leader, 'r1')).toBe('open');
  const isSettled = await runs().settled(PROVIDER, 'r1');
  expect([isSettled(0), isSettled(1)]).toEqual([true, false]);
  await runs().settle(PROVIDER, 'r1', [{ n: 1, ticket: 'job1.1' }]);
  expect(await runs().read(PROVIDER, 'r1')).toMatchObject({ done: 2 });
  expect(await runs().close(leader, 'r1')).toBe('closed');
  expect(await runs().list(PROVIDER)).toEqual([]);
  expect(await pool().place(PROVIDER, 'job1.1')).toBeNull();
  expect(await pool().overdue(PROVIDER, { limit: 10, nowMs: Date.now() + 1e9 })).toEqual([]);
});

test('what is withdrawn is in no batch; a line of a run stays one and is no longer due', async () => {
  await add('job0.1');
  await add('job1.1', { deadlineMs: Date.now() + 70_000 });
  const leader = await lead();
  await runs().open(leader, { id: 'r1', maxTokens: 0 });
  await runs().fill(leader, 'r1', { ...LIMITS, lines: 1 });
  await pool().withdraw(PROVIDER, ['job0.1', 'job1.1']);
  expect(await linesOf('r1')).toEqual(['job0.1']);
  expect(await pool().place(PROVIDER, 'job1.1')).toBeNull();
  expect(await pool().overdue(PROVIDER, { limit: 10, nowMs: Date.now() + 1e9 })).toEqual([]);
});
