import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshBrokerJob } from '../../../test/support/fresh-broker-job.ts';
import { createFreshBroker, type FreshBroker } from '../../../test/support/fresh-broker.ts';
import { startTestRedis, type TestRedis } from '../../../test/support/redis-for-tests.ts';
import type { JobRecord, NewJob } from './job-record.ts';
import { unpaidEnd } from './transitions.ts';

let server: TestRedis;
let fresh: FreshBroker;
let webhooks: string[];
let refuse: boolean;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.close());
beforeEach(() => {
  webhooks = [];
  refuse = false;
  fresh = createFreshBroker(server.url, {
    deliverWebhook: async ({ type }) => {
      if (refuse) throw new Error('not now');
      webhooks.push(type);
    },
  });
});
afterEach(() => fresh.close());

const ATTEMPT = { target: 'openai/gpt-5.4-mini', provider_key: 'main', region: null, lane: 'live' } as const;
/** Also those that the API's clock, or this test, has only just stored. */
const sweep = () => fresh.broker.sweeper.sweep({ olderThanMs: -60_000, limit: 100 });

async function submitted(changes: Parameters<typeof freshBrokerJob>[0] = {}): Promise<JobRecord> {
  const job: NewJob = freshBrokerJob(changes);
  const outcome = await fresh.broker.jobs.submit(job);
  if (outcome.status !== 'created') throw new Error(outcome.status);
  return outcome.job;
}

const queued = (id: string, turn = 1) => fresh.broker.queues.has('openai', 'standard', `${id}.${turn}`);

describe('what nothing is wrong with stays as it is', () => {
  test('a job that waits in the backlog', async () => {
    const job = await submitted();
    expect(await sweep()).toMatchObject({ none: 1, queued: 0 });
    expect(await fresh.record(job.id)).toMatchObject({ turn: 1, status: 'queued' });
  });

  test('a job whose ticket BullMQ holds, queued or running', async () => {
    const job = await submitted();
    await fresh.broker.backlog.withdraw('openai', `${job.id}.1`);
    await fresh.broker.queues.add('openai', [{ ticket: `${job.id}.1`, tier: 'standard' }]);
    expect(await sweep()).toMatchObject({ none: 1, queued: 0 });
    await fresh.broker.transitions.start(job, ATTEMPT);
    expect(await sweep()).toMatchObject({ none: 1, recovered: 0 });
    expect(await fresh.record(job.id)).toMatchObject({ turn: 1, openAttempt: 1 });
  });

  test('what was looked at is left alone for a while', async () => {
    await submitted();
    expect(await fresh.broker.sweeper.sweep({ olderThanMs: 60_000, limit: 100 })).toMatchObject({ none: 0 });
  });
});

describe('what a lost process left behind is moved on', () => {
  test('an open entry without a record is forgotten', async () => {
    await fresh.redis.zadd(fresh.broker.keys.open('job_never'), 1, 'job_never');
    expect(await sweep()).toMatchObject({ forgotten: 1 });
    expect(await fresh.openIds()).toEqual([]);
  });

  test('a queued job that waits nowhere is queued', async () => {
    const job = await submitted();
    await fresh.broker.backlog.withdraw('openai', `${job.id}.1`);
    expect(await sweep()).toMatchObject({ queued: 1 });
    expect(await fresh.broker.backlog.place('openai', `${job.id}.1`)).toMatchObject({ status: 'waiting' });
  });

  test('a job that was requeued for another provider is queued there, when it is due', async () => {
    const job = await submitted({ chain: ['openai/gpt-5.4-mini', 'google/gemini-2.5-flash'] });
    await fresh.broker.backlog.withdraw('openai', `${job.id}.1`);
    await fresh.broker.transitions.requeue(job, {
      attempt: 0,
      attemptEnd: unpaidEnd('abandoned', null),
      targetIndex: 1,
      round: 1,
      newRound: false,
      delayMs: 60_000,
      reason: 'rate_limited',
    });
    expect(await sweep()).toMatchObject({ queued: 1 });
    expect(await fresh.broker.backlog.place('openai', `${job.id}.2`)).toEqual({ status: 'absent' });
    expect(await fresh.broker.backlog.place('google', `${job.id}.2`)).toMatchObject({ status: 'delayed' });
  });

  test('a running job whose ticket is gone is queued again, and its attempt is abandoned', async () => {
    const job = await submitted();
    await fresh.broker.backlog.withdraw('openai', `${job.id}.1`);
    await fresh.broker.transitions.start(job, ATTEMPT);
    expect(await sweep()).toMatchObject({ recovered: 1 });
    expect(await fresh.record(job.id)).toMatchObject({
      status: 'queued',
      turn: 2,
      attempts: [{ status: 'abandoned', error: { code: 'server_error' } }],
    });
    expect(await fresh.broker.backlog.place('openai', `${job.id}.2`)).toMatchObject({ status: 'waiting' });
    expect((await fresh.events(job.id)).at(-1)).toMatchObject({
      type: 'job.requeued',
      reason: 'worker_lost',
    });
  });

  test('effects that were not carried out are', async () => {
    const webhook = { url: 'http://127.0.0.1:9', events: ['job.cancelled'], secret: 'whsec_AAAA' };
    const job = await submitted({ options: { webhook } });
    refuse = true;
    await fresh.broker.jobs.cancel(job.id, job.tenant);
    expect(await sweep()).toMatchObject({ failed: 1, flushed: 0 });
    expect(fresh.deferred).toContainEqual(new Error('not now'));
    expect(await fresh.openIds()).toEqual([job.id]);
    refuse = false;
    expect(await sweep()).toMatchObject({ flushed: 1 });
    expect(webhooks).toEqual(['job.cancelled']);
    expect(await fresh.openIds()).toEqual([]);
    expect((await fresh.record(job.id)).owner).toBeNull();
  });

  test('a webhook of a job that goes on is not kept waiting for its end', async () => {
    const webhook = { url: 'http://127.0.0.1:9', events: ['job.started'], secret: 'whsec_AAAA' };
    const job = await submitted({ options: { webhook } });
    refuse = true;
    await fresh.broker.transitions.start(job, ATTEMPT);
    refuse = false;
    await sweep();
    expect(webhooks).toEqual(['job.started']);
    expect(await fresh.openIds()).toEqual([job.id]);
  });
});

test('one job whose effects fail does not keep the sweeper from the others', async () => {
  const webhook = { url: 'http://127.0.0.1:9', events: ['job.cancelled'], secret: 'whsec_AAAA' };
  refuse = true;
  for (let i = 0; i < 20; i += 1) {
    const { id, tenant } = await submitted({ options: { webhook }, createdAtMs: Date.now() - 10_000 });
    await fresh.broker.jobs.cancel(id, tenant);
  }
  const lost = await Promise.all(Array.from({ length: 20 }, () => submitted()));
  for (const { id } of lost) await fresh.broker.backlog.withdraw('openai', `${id}.1`);
  const allQueued = async (): Promise<boolean> => {
    await fresh.broker.sweeper.sweep({ olderThanMs: -60_000, limit: 1 });
    const places = lost.map(({ id }) => fresh.broker.backlog.place('openai', `${id}.1`));
    return (await Promise.all(places)).every(({ status }) => status === 'waiting');
  };
  await expect.poll(allQueued, { timeout: 10_000 }).toBe(true);
});

describe('deadlines', () => {
  test('a queued job expires when its deadline has passed, and leaves the queue', async () => {
    const job = await submitted({ deadlineMs: Date.now() - 1_000 });
    const later = await submitted();
    expect(await fresh.broker.sweeper.expireOverdue()).toBe(1);
    expect(await fresh.record(job.id)).toMatchObject({ status: 'expired', error: { code: 'expired' } });
    expect(await fresh.broker.backlog.place('openai', `${job.id}.1`)).toEqual({ status: 'absent' });
    expect((await fresh.record(later.id)).status).toBe('queued');
    expect(await fresh.broker.sweeper.expireOverdue()).toBe(0);
  });

  test('a job whose ticket is lost expires as well', async () => {
    const job = await submitted({ deadlineMs: Date.now() - 1_000 });
    await fresh.broker.backlog.withdraw('openai', `${job.id}.1`);
    expect(await sweep()).toMatchObject({ expired: 1 });
    expect((await fresh.events(job.id)).map(({ type }) => type)).toEqual(['job.queued', 'job.expired']);
    expect(await fresh.openIds()).toEqual([]);
  });

  test('waiting tickets of jobs that have ended or moved on are taken out', async () => {
    const job = await submitted({ deadlineMs: Date.now() - 1_000 });
    await fresh.broker.transitions.finish(job, {
      condition: 'any',
      status: 'cancelled',
      attemptEnd: unpaidEnd('cancelled', null),
    });
    expect(await fresh.broker.sweeper.expireOverdue()).toBe(0);
    expect(await fresh.broker.backlog.place('openai', `${job.id}.1`)).toEqual({ status: 'absent' });
  });
});

test('many sweepers at once repair each job once', async () => {
  const jobs = await Promise.all(Array.from({ length: 20 }, () => submitted()));
  for (const { id } of jobs) await fresh.broker.backlog.withdraw('openai', `${id}.1`);
  for (const job of jobs.slice(0, 10)) await fresh.broker.transitions.start(job, ATTEMPT);
  const counts = await Promise.all(Array.from({ length: 4 }, sweep));
  expect(counts.reduce((sum, { recovered }) => sum + recovered, 0)).toBe(10);
  for (const { id } of jobs) {
    const { turn, attempts } = await fresh.record(id);
    expect(turn).toBe(attempts.length + 1);
    expect(await fresh.broker.backlog.place('openai', `${id}.${turn}`)).toMatchObject({ status: 'waiting' });
    expect(await queued(id, turn)).toBe(false);
  }
});
