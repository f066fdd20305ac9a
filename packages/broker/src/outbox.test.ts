import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { freshBrokerJob } from '../../../test/support/fresh-broker-job.ts';
import { createFreshBroker, type FreshBroker } from '../../../test/support/fresh-broker.ts';
import { startTestRedis, type TestRedis } from '../../../test/support/redis-for-tests.ts';
import type { JobRecord } from './job-record.ts';
import type { WebhookDue } from './outbox.ts';
import { unpaidEnd } from './transitions.ts';

let server: TestRedis;
let fresh: FreshBroker;
let due: WebhookDue[];
let deliver: (webhook: WebhookDue) => Promise<void>;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.close());
beforeEach(() => {
  due = [];
  deliver = async (webhook) => void due.push(webhook);
  fresh = createFreshBroker(server.url, { deliverWebhook: (webhook) => deliver(webhook) });
});
afterEach(() => fresh.close());

const ATTEMPT = { target: 'openai/gpt-5.4-mini', provider_key: 'main', region: null, lane: 'live' } as const;
const ALL_EVENTS = ['job.started', 'job.requeued', 'job.completed', 'job.failed', 'job.cancelled'];

async function submitted(events = ALL_EVENTS): Promise<JobRecord> {
  const webhook = { url: 'http://127.0.0.1:9/hook', events, secret: 'whsec_AAAA' };
  const outcome = await fresh.broker.jobs.submit(freshBrokerJob({ options: { webhook } }));
  if (outcome.status !== 'created') throw new Error(outcome.status);
  return outcome.job;
}

function failAttempt(job: JobRecord, attempt: number) {
  return fresh.broker.transitions.finish(job, {
    condition: { attempt },
    status: 'failed',
    attemptEnd: { ...unpaidEnd('abandoned', null), status: 'failed' },
  });
}

test('each event that the webhook asks for is due once, with the job as it was stored', async () => {
  const job = await submitted();
  await fresh.broker.transitions.start(job, ATTEMPT);
  expect(await fresh.openIds()).toEqual([job.id]);
  await failAttempt(job, 1);
  expect(due.map(({ type, seq, job: { status } }) => ({ type, seq, status }))).toEqual([
    { type: 'job.started', seq: 2, status: 'in_progress' },
    { type: 'job.failed', seq: 3, status: 'failed' },
  ]);
  expect(due[1]).toMatchObject({ tenant: 'acme', webhook: { secret: 'whsec_AAAA' } });
});

test('that a job was queued is told as well, when the webhook asks for it', async () => {
  await submitted(['job.queued']);
  await expect
    .poll(() => due.map(({ type, seq }) => ({ type, seq })))
    .toEqual([{ type: 'job.queued', seq: 1 }]);
});

test('events that it does not ask for are not', async () => {
  const job = await submitted(['job.failed']);
  await fresh.broker.transitions.start(job, ATTEMPT);
  await failAttempt(job, 1);
  expect(due.map(({ type }) => type)).toEqual(['job.failed']);
});

test('an ended job leaves the open ones and its time to live begins, only after its effects', async () => {
  const { keys, outbox } = fresh.broker;
  const job = await submitted();
  deliver = () => Promise.reject(new Error('not now'));
  await fresh.broker.jobs.cancel(job.id, job.tenant);
  expect(fresh.deferred).toEqual([new Error('not now')]);
  expect((await fresh.record(job.id)).owner).toBe('outbox');
  expect(await fresh.openIds()).toEqual([job.id]);
  expect(await fresh.redis.pttl(keys.job(job.id))).toBe(-1);
  expect(await fresh.broker.jobs.erase(job.id, job.tenant)).toEqual({ status: 'not_ended' });

  deliver = async (webhook) => void due.push(webhook);
  await outbox.flush(job.id);
  expect(due.map(({ type }) => type)).toEqual(['job.cancelled']);
  expect((await fresh.record(job.id)).owner).toBeNull();
  expect(await fresh.openIds()).toEqual([]);
  for (const key of [keys.job(job.id), keys.events(job.id)]) {
    expect(await fresh.redis.pttl(key)).toBeGreaterThan(3_500_000);
  }
  expect(await fresh.redis.exists(keys.outbox(job.id))).toBe(0);
});

test('carried out twice, every effect is there once', async () => {
  const { keys, outbox } = fresh.broker;
  const job = await submitted();
  let lines: string[] = [];
  deliver = async () => {
    lines = await fresh.redis.lrange(keys.outbox(job.id), 0, -1);
  };
  await fresh.broker.jobs.cancel(job.id, job.tenant);
  expect(lines).toHaveLength(2);
  deliver = async (webhook) => void due.push(webhook);
  await outbox.carryOut(job, 'cancelled', lines);
  await outbox.carryOut(job, 'cancelled', lines);
  expect(new Set(due.map(({ seq }) => seq)).size).toBe(1);
  expect(await fresh.redis.zrange(keys.index(job.tenant, 'cancelled'), '0', '-1')).toEqual([job.id]);
  expect(await fresh.redis.zcard(keys.index(job.tenant, 'open'))).toBe(0);
  expect(await fresh.openIds()).toEqual([]);
});

test('a second flush of the same entries does not take those that were added since', async () => {
  const { outbox, transitions, keys } = fresh.broker;
  const job = await submitted();
  const slow = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  deliver = () => {
    reached.resolve();
    return slow.promise;
  };
  const starting = transitions.start(job, ATTEMPT);
  await reached.promise;
  deliver = async (webhook) => void due.push(webhook);
  await outbox.flush(job.id);
  deliver = () => Promise.reject(new Error('not now'));
  await failAttempt(job, 1);
  expect(await fresh.redis.llen(keys.outbox(job.id))).toBe(2);
  slow.resolve();
  await starting;
  expect(await fresh.redis.llen(keys.outbox(job.id))).toBe(2);
  deliver = async (webhook) => void due.push(webhook);
  await outbox.flush(job.id);
  expect(due.map(({ type }) => type)).toEqual(['job.started', 'job.failed']);
  expect(await fresh.redis.zrange(keys.index(job.tenant, 'failed'), '0', '-1')).toEqual([job.id]);
});

test('flushes that race with the end leave the job in the index of its end', async () => {
  const { outbox, keys } = fresh.broker;
  const jobs = await Promise.all(Array.from({ length: 30 }, () => submitted()));
  await Promise.all(
    jobs.flatMap((job) => [
      outbox.flush(job.id),
      fresh.broker.jobs.cancel(job.id, job.tenant),
      outbox.flush(job.id),
      outbox.flush(job.id),
    ]),
  );
  const index = await fresh.redis.zrange(keys.index('acme', 'cancelled'), '0', '-1');
  expect(index.toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
  expect(await fresh.redis.exists(keys.index('acme', 'queued'), keys.index('acme', 'in_progress'))).toBe(0);
  expect(await fresh.openIds()).toEqual([]);
});

test('flushing a job that is gone does nothing', async () => {
  await fresh.broker.outbox.flush('job_never');
  expect(await fresh.redis.exists(fresh.broker.keys.job('job_never'))).toBe(0);
});
