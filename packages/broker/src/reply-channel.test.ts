import { once } from 'node:events';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createFreshBroker, type FreshBroker } from '../../../test/support/fresh-broker.ts';
import { freshBrokerJob } from '../../../test/support/fresh-broker-job.ts';
import { startTestRedis, type TestRedis } from '../../../test/support/redis-for-tests.ts';
import { until } from '../../../test/support/until.ts';
import type { JobRecord } from './job-record.ts';
import { createReplyChannel, type Reply, type ReplyChannel } from './reply-channel.ts';
import { unpaidEnd } from './transitions.ts';

let server: TestRedis;
let fresh: FreshBroker;
let subscriber: Redis;
let replies: ReplyChannel;
let got: Reply[];
beforeAll(async () => {
  server = await startTestRedis({ own: true });
});
afterAll(() => server.close());
beforeEach(async () => {
  fresh = createFreshBroker(server.url);
  subscriber = new Redis(server.url, { maxRetriesPerRequest: null, retryStrategy: () => 10 });
  subscriber.on('error', () => {});
  replies = createReplyChannel({ subscriber, keys: fresh.broker.keys, codec: fresh.broker.codec });
  await once(subscriber, 'ready');
  got = [];
  // All listeners are told to look when the subscription stands.
  const leave = replies.listen('none', (reply) => got.push(reply));
  await until(() => got.length > 0, { what: 'the subscription' });
  leave();
  got = [];
});
afterEach(async () => {
  replies.close();
  subscriber.disconnect();
  await fresh.close();
});

const ATTEMPT = {
  target: 'openai/gpt-5.4-mini',
  provider_key: 'default',
  region: null,
  lane: 'live',
} as const;

async function submit(of: 'end' | 'events' = 'events'): Promise<JobRecord> {
  const job = freshBrokerJob({ idIsNew: true, replyTo: { address: replies.address, of } });
  replies.listen(job.id, (reply) => got.push(reply));
  const outcome = await fresh.broker.jobs.submit(job);
  if (outcome.status !== 'created') throw new Error(outcome.status);
  return outcome.job;
}

async function end(job: JobRecord, text: string): Promise<void> {
  const { transitions } = fresh.broker;
  await transitions.start(job, ATTEMPT);
  await transitions.delta(job.id, 1, { index: 0, delta: { content: 'Hi' } });
  await transitions.finish(job, {
    condition: { attempt: 1 },
    status: 'failed',
    attemptEnd: unpaidEnd('abandoned', null),
    result: { text } as never,
  });
}

test('whoever follows a job hears of every event in order', async () => {
  const job = await submit();
  await end(job, 'short');
  await until(() => got.length >= 4, { what: 'the last event' });
  expect(got.map((reply) => (reply.kind === 'event' ? reply.seq : reply.kind))).toEqual([1, 2, 3, 4]);
  const events = got.flatMap((reply) => (reply.kind === 'event' ? [JSON.parse(reply.event) as unknown] : []));
  expect(events).toEqual(await fresh.events(job.id));
});

test('whoever waits for the end gets the record without the request, and nothing else', async () => {
  const job = await submit('end');
  await end(job, 'short');
  await until(() => got.length > 0, { what: 'the end' });
  const { owner: _owner, ...record } = await fresh.record(job.id);
  expect(got).toMatchObject([{ kind: 'ended', job: { ...record, request: null } }]);
});

test('a large result is not sent along', async () => {
  const job = await submit('end');
  await end(job, 'x'.repeat(300_000));
  await until(() => got.some(({ kind }) => kind === 'ended'), { what: 'the end' });
  expect(got.at(-1)).toEqual({ kind: 'ended', job: null });
});

test('a job that names no channel is heard of by nobody', async () => {
  const job = freshBrokerJob();
  replies.listen(job.id, (reply) => got.push(reply));
  await fresh.broker.jobs.submit(job);
  const named = await submit();
  await until(() => got.length > 0, { what: 'the reply of the other job' });
  expect(got).toMatchObject([{ kind: 'event', seq: 1 }]);
  expect(got[0]).toMatchObject({ event: expect.stringContaining(named.id) });
});

test('several may wait for one job; one that has left hears nothing', async () => {
  const job = freshBrokerJob({ idIsNew: true, replyTo: { address: replies.address, of: 'events' } });
  const left: Reply[] = [];
  const leave = replies.listen(job.id, (reply) => left.push(reply));
  replies.listen(job.id, (reply) => got.push(reply));
  leave();
  leave();
  await fresh.broker.jobs.submit(job);
  await until(() => got.length > 0, { what: 'the reply' });
  expect(left).toEqual([]);
});

test('after the connection was lost all are told to look', async () => {
  await submit();
  await until(() => got.length === 1, { what: 'the first reply' });
  subscriber.disconnect(true);
  await until(() => got.some(({ kind }) => kind === 'missed'), { what: 'the word to look' });
  expect(got.map(({ kind }) => kind)).toEqual(['event', 'missed']);
});

test('a job with a new id is stored and queued although the server has forgotten the scripts', async () => {
  await submit();
  await fresh.redis.script('FLUSH');
  const job = await submit();
  expect((await fresh.record(job.id)).status).toBe('queued');
  expect((await fresh.broker.backlog.place('openai', `${job.id}.1`)).status).toBe('waiting');
  expect(await fresh.events(job.id)).toMatchObject([{ type: 'job.queued', seq: 1 }]);
});
