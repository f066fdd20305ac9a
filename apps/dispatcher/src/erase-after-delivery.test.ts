import { unpaidEnd } from '@sluice/broker';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { freshBrokerJob } from '../../../test/support/fresh-broker-job.ts';
import { createFreshBroker, type FreshBroker } from '../../../test/support/fresh-broker.ts';
import { startTestRedis, type TestRedis } from '../../../test/support/redis-for-tests.ts';
import { eraseAfterDelivery } from './erase-after-delivery.ts';

const TENANT = 'acme';
let server: TestRedis;
let fresh: FreshBroker;
let deliver: (type: string, jobId: string) => Promise<void>;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.close());
beforeEach(() => {
  deliver = async () => {};
  fresh = createFreshBroker(server.url, { deliverWebhook: ({ type, job }) => deliver(type, job.id) });
});
afterEach(() => fresh.close());

async function endedJob(deleteAfterDelivery: boolean): Promise<string> {
  const webhook = { url: 'http://127.0.0.1:9/hook', events: ['job.failed'], secret: 'whsec_AAAA' };
  const outcome = await fresh.broker.jobs.submit(
    freshBrokerJob({ tenant: TENANT, options: { webhook, deleteAfterDelivery } }),
  );
  if (outcome.status !== 'created') throw new Error(outcome.status);
  await fresh.broker.transitions.finish(outcome.job, {
    condition: 'any',
    status: 'failed',
    attemptEnd: unpaidEnd('abandoned', null),
  });
  return outcome.job.id;
}

test('a job is erased although its delivery was faster than its outbox', async () => {
  let deliveries = 0;
  deliver = async (type, jobId) => {
    deliveries += 1;
    if (deliveries === 1)
      await eraseAfterDelivery(
        { ...fresh.broker, listDeliveries: async () => [] },
        { jobId, tenant: TENANT, type },
      );
  };
  const id = await endedJob(true);
  expect(await fresh.broker.jobs.get(id, TENANT)).toBeNull();
  expect(await fresh.openIds()).toEqual([]);
  expect(fresh.deferred).toEqual([]);
});

test('a job that did not ask for it, and one whose delivered event is not its end, are kept', async () => {
  for (const [wanted, type] of [
    [false, 'job.failed'],
    [true, 'job.started'],
  ] as const) {
    const id = await endedJob(wanted);
    await eraseAfterDelivery(
      { ...fresh.broker, listDeliveries: async () => [] },
      { jobId: id, tenant: TENANT, type },
    );
    expect(await fresh.broker.jobs.get(id, TENANT)).not.toBeNull();
  }
});
