import type { NewJob } from '@sluice/broker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshBrokerJob } from '../support/fresh-broker-job.ts';
import { freshBrokerEach } from '../support/fresh-broker-each.ts';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

describe('a cap on jobs that have not ended', () => {
  const fresh = freshBrokerEach();
  const capped = (changes: Partial<NewJob> = {}): NewJob => ({
    ...freshBrokerJob(changes as Parameters<typeof freshBrokerJob>[0]),
    maxOpenJobs: 5,
  });
  const openJobs = () => fresh().redis.zcard(fresh().broker.keys.index('acme', 'open'));

  test.each([true, false])('holds exactly, however many come at once (new ids: %s)', async (idIsNew) => {
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, () => fresh().broker.jobs.submit({ ...capped(), idIsNew })),
    );
    expect(outcomes.filter(({ status }) => status === 'created')).toHaveLength(5);
    expect(outcomes.filter(({ status }) => status === 'tenant_full')).toHaveLength(35);
    expect(await openJobs()).toBe(5);
    expect(await fresh().openIds()).toHaveLength(5);
  });

  test('a job that exists is no further one, whether it has ended or not', async () => {
    const first = capped();
    await fresh().broker.jobs.submit(first);
    await fresh().broker.jobs.cancel(first.id, first.tenant);
    const jobs = Array.from({ length: 5 }, () => capped());
    for (const job of jobs) expect((await fresh().broker.jobs.submit(job)).status).toBe('created');
    expect((await fresh().broker.jobs.submit(jobs[0] as NewJob)).status).toBe('duplicate');
    expect((await fresh().broker.jobs.submit(first)).status).toBe('duplicate');
    expect((await fresh().broker.jobs.submit({ ...first, bodyHash: 'other' })).status).toBe('conflict');
    expect((await fresh().broker.jobs.submit(capped())).status).toBe('tenant_full');
    expect(await openJobs()).toBe(5);
  });

  test('a job that has ended makes room', async () => {
    const jobs = Array.from({ length: 5 }, () => capped());
    for (const job of jobs) await fresh().broker.jobs.submit(job);
    await fresh().broker.jobs.cancel((jobs[2] as NewJob).id, 'acme');
    expect((await fresh().broker.jobs.submit(capped())).status).toBe('created');
    expect((await fresh().broker.jobs.submit(capped())).status).toBe('tenant_full');
  });

  test('what a submission left that was lost between its steps does not count for ever', async () => {
    const { keys } = fresh().broker;
    await fresh().redis.sadd(keys.tenants, 'acme');
    for (let n = 0; n < 5; n += 1) {
      await fresh().redis.zadd(keys.open(`job_lost${n}`), 1, `job_lost${n}`);
      await fresh().redis.zadd(keys.index('acme', 'open'), 1, `job_lost${n}`);
    }
    expect((await fresh().broker.jobs.submit(capped())).status).toBe('tenant_full');
    await fresh().broker.sweeper.sweep({ olderThanMs: 0, limit: 100 });
    expect((await fresh().broker.jobs.submit(capped())).status).toBe('created');
  });

  test('one tenant’s cap is nothing to another', async () => {
    for (let n = 0; n < 5; n += 1) await fresh().broker.jobs.submit(capped());
    expect((await fresh().broker.jobs.submit({ ...capped(), tenant: 'beta' })).status).toBe('created');
  });
});

describe('over HTTP', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({
      simulator: { latency: { p50_ms: 300, tokens_per_second: 0 } },
      workers: 2,
      config: {
        routes: { default: { targets: ['openai/gpt-5.4-mini'] } },
        tenants: { default: { max_queued: 12, max_running: 2 } },
      },
    });
  });
  afterAll(() => stack.close());
  const body = { request: { messages: [{ role: 'user', content: 'Say hello.' }] } };

  test('a submission above the cap gets 429 with code, Retry-After and what to do; calls stay at their cap', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        stack.request('/v1/jobs', {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        }),
      ),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(12);
    expect(refused).toHaveLength(8);
    for (const answer of refused) {
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await answer.json()).toMatchObject({
        error: { code: 'tenant_queue_full', type: 'rate_limit_error' },
      });
    }
    let most = 0;
    await until(
      async () => {
        const { running, calls } = stack.simulator.control.summary();
        most = Math.max(most, running);
        return calls === 12 && running === 0;
      },
      { what: 'the end of all jobs' },
    );
    expect(most).toBe(2);
    await until(async () => (await stack.submit(body).catch(() => null)) !== null, { what: 'room again' });
  });
});
