import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshBrokerJob } from '../../../../test/support/fresh-broker-job.ts';
import { createFreshBroker, type FreshBroker } from '../../../../test/support/fresh-broker.ts';
import { startTestRedis, type TestRedis } from '../../../../test/support/redis-for-tests.ts';
import { batchLineJobId, lineOfJob } from './batch-line-id.ts';

let redis: TestRedis;
let fresh: FreshBroker;
beforeAll(async () => {
  redis = await startTestRedis();
  fresh = createFreshBroker(redis.url);
});
afterAll(async () => {
  await fresh.close();
  await redis.close();
});

const BATCH = 'batch_0123456789abcdef01234567';

test('the line and the batch make the id of a job, and the id tells the line', () => {
  const id = batchLineJobId(BATCH, 50_000);
  expect(id).toBe('job_0123456789abcdef0123456700c350');
  expect(lineOfJob(BATCH, id)).toBe(50_000);
  expect(lineOfJob('batch_ffffffffffffffffffffffff', id)).toBeNull();
  expect(() => batchLineJobId('batch_1', 1)).toThrow(/no id of a batch/);
});

test('the jobs of a batch are listed from the last line on, page by page, and only to their tenant', async () => {
  const { broker } = fresh;
  await fresh.redis.hset(broker.keys.batch(BATCH), 'tenant', 'acme', 'total', 5);
  const jobs = [1, 2, 4, 5].map((line) =>
    freshBrokerJob({ id: batchLineJobId(BATCH, line), batchId: BATCH, customId: `c${line}`, bodyHash: '' }),
  );
  expect(await broker.submitLines(jobs)).toEqual({ status: 'ok', submitted: 4 });
  const pages: string[][] = [];
  let after: string | undefined;
  for (;;) {
    const page = await broker.jobs.list({
      tenant: 'acme',
      limit: 3,
      batchId: BATCH,
      ...(after === undefined ? {} : { after }),
    });
    if (page.status !== 'ok') throw new Error(page.status);
    pages.push(page.jobs.map((job) => job.customId ?? ''));
    if (!page.hasMore) break;
    after = page.lastId ?? undefined;
  }
  expect(pages).toEqual([['c5', 'c4', 'c2'], ['c1']]);
  const others = await broker.jobs.list({ tenant: 'globex', limit: 3, batchId: BATCH });
  expect(others).toMatchObject({ status: 'ok', jobs: [], hasMore: false });
});
