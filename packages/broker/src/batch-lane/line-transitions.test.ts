import type { ChatCompletion } from '@sluice/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { freshBrokerJob } from '../../../../test/support/fresh-broker-job.ts';
import { createFreshBroker, type FreshBroker } from '../../../../test/support/fresh-broker.ts';
import { startTestRedis, type TestRedis } from '../../../../test/support/redis-for-tests.ts';
import { unpaidEnd, type AttemptEnd } from '../transitions.ts';

const TARGET = 'openai/gpt-5.4-mini';
const ATTEMPT = { target: TARGET, provider_key: 'main', region: null } as const;
const PAID: AttemptEnd = {
  ...unpaidEnd('cancelled', null),
  status: 'succeeded',
  usage: {
    prompt_tokens: 10,
    completion_tokens: 5,
    reasoning_tokens: 0,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    total_tokens: 15,
  },
  cost_usd: 0.01,
};
const answer = (content: string) =>
  ({ object: 'chat.completion', choices: [{ message: { role: 'assistant', content } }] }) as ChatCompletion;

let server: TestRedis;
let fresh: FreshBroker;
let id: string;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.close());
beforeEach(async () => {
  fresh = createFreshBroker(server.url);
  const job = freshBrokerJob({ lane: 'batch', tier: 'flex', chain: [TARGET] });
  id = job.id;
  await fresh.broker.jobs.submit(job);
});
afterEach(() => fresh.close());

const record = () => fresh.record(id);
const join = async (run = 'r1', turn = 1) =>
  fresh.broker.lines.join(await record(), { run, turn, ...ATTEMPT, lane: 'batch' });
const finish = async (attempt: number, content: string) =>
  fresh.broker.transitions.finish(await record(), {
    condition: { attempt },
    status: 'completed',
    attemptEnd: PAID,
    result: answer(content),
  });

/** The job runs live while its line is still open. */
async function hedge(): Promise<{ line: number; live: number }> {
  const { attempt: line } = (await join()) as { attempt: number };
  await fresh.broker.lines.hedge(await record(), line);
  const job = await record();
  const started = await fresh.broker.transitions.start(job, { ...ATTEMPT, lane: 'live' });
  return { line, live: started.status === 'started' ? started.attempt : 0 };
}

test('a job waits in the pool, owned by it, until it joins a run', async () => {
  expect(await record()).toMatchObject({ status: 'queued', owner: 'collecting', lane: 'batch' });
  expect(await join()).toEqual({ status: 'started', attempt: 1 });
  expect(await record()).toMatchObject({
    status: 'in_progress',
    owner: 'provider_batch',
    run: 'r1',
    runs: { r1: 1 },
    attempts: [{ n: 1, lane: 'batch', status: 'running' }],
  });
});

test('joining again is the same attempt; another run, or another turn, can not have it', async () => {
  await join();
  expect(await join()).toEqual({ status: 'started', attempt: 1 });
  expect(await join('r2')).toEqual({ status: 'stale' });
  expect(await join('r1', 2)).toEqual({ status: 'stale' });
  expect((await record()).attempts).toHaveLength(1);
});

test('a run can not have a job again that it has lost', async () => {
  await join();
  await fresh.broker.transitions.requeue(await record(), {
    attempt: 1,
    attemptEnd: unpaidEnd('abandoned', null),
    targetIndex: 0,
    round: 1,
    newRound: false,
    delayMs: 0,
    reason: 'batch_expired',
    lane: 'live',
  });
  expect(await record()).toMatchObject({ lane: 'live', owner: 'backlog', run: null, turn: 2 });
  expect(await join('r1', 2)).toEqual({ status: 'stale' });
});

test('hedged: the batch finishes first, and the live call is the one that is dropped and booked', async () => {
  const { line, live } = await hedge();
  expect(await record()).toMatchObject({ hedged: line, openAttempt: live, lane: 'live' });
  expect(await finish(line, 'batch')).toEqual({ status: 'finished' });
  expect(await finish(live, 'live')).toEqual({ status: 'fenced' });
  const job = await record();
  expect(job.result?.choices[0]?.message.content).toBe('batch');
  expect(job.attempts).toMatchObject([
    { n: line, status: 'succeeded', cost_usd: 0.01 },
    { n: live, status: 'cancelled', cost_usd: 0.01 },
  ]);
  expect(job.costUsd).toBeCloseTo(0.02, 10);
});

test('hedged: the live call finishes first, and what the batch cost is booked when it comes', async () => {
  const { line, live } = await hedge();
  expect(await finish(live, 'live')).toEqual({ status: 'finished' });
  expect(await finish(line, 'batch')).toEqual({ status: 'fenced' });
  const job = await record();
  expect(job.result?.choices[0]?.message.content).toBe('live');
  expect(job.attempts).toMatchObject([
    { n: line, lane: 'batch', status: 'abandoned', cost_usd: 0.01 },
    { n: live, lane: 'live', status: 'succeeded', cost_usd: 0.01 },
  ]);
});

test('hedged: a batch without a result leaves the live call alone', async () => {
  const { line, live } = await hedge();
  expect(await fresh.broker.lines.closeHedged(id, line, unpaidEnd('abandoned', null))).toBe(true);
  expect(await fresh.broker.lines.closeHedged(id, line, unpaidEnd('abandoned', null))).toBe(false);
  expect(await record()).toMatchObject({ hedged: 0, openAttempt: live, status: 'in_progress' });
  expect(await finish(live, 'live')).toEqual({ status: 'finished' });
});

test('hedging again changes nothing', async () => {
  const { line } = await hedge();
  const { turn } = await record();
  expect(await fresh.broker.lines.hedge(await record(), line)).toEqual({ status: 'fenced' });
  expect((await record()).turn).toBe(turn);
});

test('the sweeper leaves jobs alone that a run has, and takes back those of a run that is gone', async () => {
  const { laneRuns, sweeper } = fresh.broker;
  const lead = await laneRuns.lead('openai', { pool: 'gpt-5.4-mini', holder: 'a', leaseMs: 60_000 });
  await laneRuns.open(lead as NonNullable<typeof lead>, { id: 'r1', maxTokens: 0 });
  await join();
  expect(await sweeper.sweep({ olderThanMs: -1, limit: 10 })).toMatchObject({ none: 1, recovered: 0 });
  await laneRuns.close(lead as NonNullable<typeof lead>, 'r1');
  expect(await sweeper.sweep({ olderThanMs: -1, limit: 10 })).toMatchObject({ recovered: 1 });
  expect(await record()).toMatchObject({ status: 'queued', owner: 'backlog', lane: 'live', turn: 2 });
});

test('the sweeper puts a job back that is in no pool, and ends one that waits there at its deadline', async () => {
  const { lanePool, sweeper } = fresh.broker;
  await lanePool.withdraw('openai', [`${id}.1`]);
  expect(await sweeper.sweep({ olderThanMs: -1, limit: 10 })).toMatchObject({ queued: 1 });
  expect(await lanePool.place('openai', `${id}.1`)).toEqual({ run: null });
  const hurried = freshBrokerJob({ lane: 'batch', chain: [TARGET], deadlineMs: Date.now() + 1 });
  await fresh.broker.jobs.submit(hurried);
  await expect.poll(() => sweeper.expireOverdue()).toBe(1);
  expect(await fresh.record(hurried.id)).toMatchObject({ status: 'expired' });
});
