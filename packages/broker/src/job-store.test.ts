import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freshBrokerJob } from '../../../test/support/fresh-broker-job.ts';
import { createFreshBroker, type FreshBroker } from '../../../test/support/fresh-broker.ts';
import { startTestRedis, type TestRedis } from '../../../test/support/redis-for-tests.ts';
import { RedisUnavailableError } from './broker.ts';
import { unpaidEnd } from './transitions.ts';

let server: TestRedis;
let fresh: FreshBroker;
beforeAll(async () => {
  server = await startTestRedis();
  fresh = createFreshBroker(server.url);
});
afterAll(async () => {
  await fresh.close();
  await server.close();
});

const CANCELLED = { status: 'cancelled', attemptEnd: unpaidEnd('cancelled', null) } as const;
const ATTEMPT = { target: 'openai/gpt-5.4-mini', provider_key: 'main', region: null, lane: 'live' } as const;

describe('submit', () => {
  test('stores the job, its place in the queue, its first event and its open entry', async () => {
    const job = freshBrokerJob({ tags: ['a'], metadata: { team: 'x' } });
    const outcome = await fresh.broker.jobs.submit(job);
    expect(outcome.status).toBe('created');
    const { bodyHash: _hash, ...given } = job;
    expect(await fresh.record(job.id)).toMatchObject({ ...given, status: 'queued', turn: 1, attempts: [] });
    expect(await fresh.broker.backlog.place('openai', `${job.id}.1`)).toMatchObject({ status: 'waiting' });
    expect(await fresh.events(job.id)).toMatchObject([{ type: 'job.queued', seq: 1, job_id: job.id }]);
    expect(await fresh.openIds()).toContain(job.id);
  });

  test.each(['knows the scripts', 'was just started'])('in one go, at a server that %s', async (server) => {
    const own = await startTestRedis({ own: true });
    const other = createFreshBroker(own.url);
    try {
      await other.broker.jobs.submit(freshBrokerJob());
      if (server === 'was just started') await other.redis.script('FLUSH');
      const job = freshBrokerJob({ idIsNew: true });
      expect((await other.broker.jobs.submit(job)).status).toBe('created');
      expect(await other.record(job.id)).toMatchObject({ id: job.id, status: 'queued', turn: 1 });
      expect(await other.broker.backlog.place('openai', `${job.id}.1`)).toMatchObject({ status: 'waiting' });
      expect(await other.events(job.id)).toHaveLength(1);
      expect(await other.openIds()).toContain(job.id);
    } finally {
      await other.close();
      await own.close();
    }
  });

  test('of concurrent submissions with one id exactly one creates, all others are told of the same job', async () => {
    const job = freshBrokerJob();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => fresh.broker.jobs.submit(job)));
    expect(outcomes.filter(({ status }) => status === 'created')).toHaveLength(1);
    expect(outcomes.filter(({ status }) => status === 'duplicate')).toHaveLength(19);
    for (const outcome of outcomes) expect('job' in outcome && outcome.job.id).toBe(job.id);
    expect(await fresh.events(job.id)).toHaveLength(1);
    expect(await fresh.broker.backlog.place('openai', `${job.id}.1`)).toMatchObject({ status: 'waiting' });
  });

  test('the same id with another body is a conflict and changes nothing', async () => {
    const job = freshBrokerJob();
    await fresh.broker.jobs.submit(job);
    const before = await fresh.redis.hgetall(fresh.broker.keys.job(job.id));
    expect(await fresh.broker.jobs.submit({ ...job, tier: 'priority', bodyHash: 'other' })).toEqual({
      status: 'conflict',
    });
    expect(await fresh.redis.hgetall(fresh.broker.keys.job(job.id))).toEqual(before);
  });

  test('an ended job is told of, and does not come back among the open ones', async () => {
    const job = freshBrokerJob();
    await fresh.broker.jobs.submit(job);
    await fresh.broker.jobs.cancel(job.id, job.tenant);
    expect(await fresh.broker.jobs.submit(job)).toMatchObject({
      status: 'duplicate',
      job: { status: 'cancelled' },
    });
    expect(await fresh.redis.zscore(fresh.broker.keys.index(job.tenant, 'open'), job.id)).toBeNull();
    await fresh.broker.sweeper.sweep({ olderThanMs: -60_000, limit: 1_000 });
    expect(await fresh.openIds()).not.toContain(job.id);
  });

  test('nothing is taken above 80 % of the memory limit', async () => {
    const own = await startTestRedis({ own: true });
    const full = createFreshBroker(own.url);
    try {
      const used = Number(/^used_memory:(\d+)/m.exec(await full.redis.info('memory'))?.[1]);
      await full.redis.config('SET', 'maxmemory', Math.round(used / 0.9));
      const error = await full.broker.jobs.submit(freshBrokerJob()).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(RedisUnavailableError);
      expect((error as RedisUnavailableError).reason).toBe('full');
      expect(await full.openIds()).toEqual([]);
    } finally {
      await full.close();
      await own.close();
    }
  });
});

describe('erase', () => {
  test('is refused while the job runs, and for another tenant', async () => {
    const job = freshBrokerJob();
    await fresh.broker.jobs.submit(job);
    expect(await fresh.broker.jobs.erase(job.id, job.tenant)).toEqual({ status: 'not_ended' });
    expect(await fresh.broker.jobs.erase(job.id, 'other')).toEqual({ status: 'not_found' });
  });

  test('removes everything, and keeps the id from being used again', async () => {
    const job = freshBrokerJob();
    await fresh.broker.jobs.submit(job);
    await fresh.broker.jobs.cancel(job.id, job.tenant);
    expect(await fresh.broker.jobs.erase(job.id, job.tenant)).toEqual({ status: 'erased' });
    expect(await fresh.broker.jobs.get(job.id, job.tenant)).toBeNull();
    expect(await fresh.broker.jobs.erase(job.id, job.tenant)).toEqual({ status: 'not_found' });
    expect(await fresh.broker.jobs.submit(job)).toEqual({ status: 'erased' });
    expect(await fresh.broker.jobs.submit({ ...job, bodyHash: 'other' })).toEqual({ status: 'conflict' });
    expect(await fresh.redis.exists(fresh.broker.keys.job(job.id))).toBe(0);
    expect(await fresh.redis.pttl(fresh.broker.keys.tombstone(job.id))).toBeGreaterThan(86_000_000);
    expect(await fresh.redis.exists(fresh.broker.keys.events(job.id))).toBe(0);
    const listed = await fresh.broker.jobs.list({ tenant: job.tenant, limit: 100 });
    expect(listed.status === 'ok' && listed.jobs.some(({ id }) => id === job.id)).toBe(false);
  });
});

test('a job that is kept for less than a day does not run again under its id within that day', async () => {
  const made = freshBrokerJob();
  const job = { ...made, options: { ...made.options, resultTtlMs: 1 } };
  await fresh.broker.jobs.submit(job);
  await fresh.broker.jobs.cancel(job.id, job.tenant);
  await vi.waitFor(async () => expect(await fresh.broker.jobs.get(job.id, job.tenant)).toBeNull());
  expect(await fresh.broker.jobs.submit(job)).toEqual({ status: 'erased' });
  expect(await fresh.broker.jobs.submit({ ...job, bodyHash: 'other' })).toEqual({ status: 'conflict' });
});

describe('cancel', () => {
  test('takes the job out of the queue at once; a second one changes nothing', async () => {
    const job = freshBrokerJob();
    await fresh.broker.jobs.submit(job);
    expect(await fresh.broker.jobs.cancel(job.id, job.tenant)).toMatchObject({
      status: 'cancelled',
      job: { status: 'cancelled', error: { code: 'cancelled' } },
    });
    expect(await fresh.broker.backlog.place('openai', `${job.id}.1`)).toEqual({ status: 'absent' });
    expect(await fresh.broker.jobs.cancel(job.id, job.tenant)).toMatchObject({ status: 'ended' });
    expect((await fresh.events(job.id)).map(({ type }) => type)).toEqual(['job.queued', 'job.cancelled']);
  });

  test('of another tenant finds nothing', async () => {
    const job = freshBrokerJob();
    await fresh.broker.jobs.submit(job);
    expect(await fresh.broker.jobs.cancel(job.id, 'other')).toEqual({ status: 'not_found' });
    expect((await fresh.record(job.id)).status).toBe('queued');
  });
});

describe('reading events', () => {
  const read = (id: string, after: number, limit = 100) =>
    fresh.broker.jobs.readEvents(id, { tenant: 'acme', after, limit });
  const seqs = (events: readonly string[]) => events.map((text) => (JSON.parse(text) as { seq: number }).seq);

  async function withDeltas(count: number): Promise<string> {
    const submitted = await fresh.broker.jobs.submit(freshBrokerJob());
    if (submitted.status !== 'created') throw new Error(submitted.status);
    const { id } = submitted.job;
    await fresh.broker.transitions.start(submitted.job, ATTEMPT);
    const writing = Array.from({ length: count }, (_, index) =>
      fresh.broker.transitions.delta(id, 1, { index: 0, delta: { content: `${index}` } }),
    );
    await Promise.all(writing);
    return id;
  }

  test('pages go on after a sequence number, and end with the terminal event', async () => {
    const id = await withDeltas(5);
    const first = await read(id, 0, 3);
    expect(first).toMatchObject({ status: 'ok', lastSeq: 7, ended: false });
    expect(first.status === 'ok' && seqs(first.events)).toEqual([1, 2, 3]);
    await fresh.broker.transitions.finish(await fresh.record(id), { condition: 'any', ...CANCELLED });
    const second = await read(id, 3, 3);
    expect(second).toMatchObject({ lastSeq: 8, ended: false });
    const third = await read(id, 6, 3);
    expect(third).toMatchObject({ lastSeq: 8, ended: true });
    expect(third.status === 'ok' && seqs(third.events)).toEqual([7, 8]);
    expect(await read(id, 8)).toMatchObject({ events: [], ended: true });
    expect(await read(id, 99)).toMatchObject({ events: [], ended: true });
  });

  test('nothing new is not the end', async () => {
    const id = await withDeltas(1);
    expect(await read(id, 3)).toEqual({ status: 'ok', events: [], lastSeq: 3, ended: false });
  });

  test('another tenant and an unknown job are the same: not found', async () => {
    const id = await withDeltas(0);
    const options = { tenant: 'other', after: 0, limit: 10 };
    expect(await fresh.broker.jobs.readEvents(id, options)).toEqual({ status: 'not_found' });
    expect(await read('job_unknown', 0)).toEqual({ status: 'not_found' });
  });

  test('only the newest 10,000 are kept: who is behind them is told so, numbers go on', async () => {
    const id = await withDeltas(10_010);
    expect(await read(id, 11)).toEqual({ status: 'expired' });
    const page = await read(id, 12, 2);
    expect(page).toMatchObject({ status: 'ok', lastSeq: 10_012 });
    expect(page.status === 'ok' && seqs(page.events)).toEqual([13, 14]);
    const newest = await read(id, 10_010);
    expect(newest.status === 'ok' && seqs(newest.events)).toEqual([10_011, 10_012]);
    expect(await fresh.redis.llen(fresh.broker.keys.events(id))).toBe(10_000);
  });
});

test('a Redis that is away is one kind of error, and comes at once', async () => {
  const own = await startTestRedis({ own: true });
  const away = createFreshBroker(own.url);
  await away.redis.ping();
  await own.kill?.();
  away.redis.options.enableOfflineQueue = false;
  try {
    await expect(away.broker.jobs.get('job_1', 'acme')).rejects.toBeInstanceOf(RedisUnavailableError);
    await expect(away.broker.jobs.submit(freshBrokerJob())).rejects.toMatchObject({ reason: 'unreachable' });
  } finally {
    away.redis.disconnect();
    await away.close();
    await own.close();
  }
});
