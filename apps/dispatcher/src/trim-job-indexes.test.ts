import { unpaidEnd } from '@sluice/broker';
import { expect, test } from 'vitest';
import { freshBrokerJob } from '../../../test/support/fresh-broker-job.ts';
import { freshBrokerEach } from '../../../test/support/fresh-broker-each.ts';
import { trimJobIndexes } from './trim-job-indexes.ts';

const HOUR_MS = 3_600_000;
const fresh = freshBrokerEach();

const trim = () => trimJobIndexes({ redis: fresh().redis, keys: fresh().broker.keys });
const indexed = (tenant: string, name: string) =>
  fresh().redis.zrange(fresh().broker.keys.index(tenant, name), '0', '-1');

async function endedJob(tenant: string): Promise<string> {
  const job = freshBrokerJob({ tenant, createdAtMs: Date.now() - HOUR_MS });
  const outcome = await fresh().broker.jobs.submit(job);
  if (outcome.status !== 'created') throw new Error(outcome.status);
  const attemptEnd = unpaidEnd('abandoned', null);
  await fresh().broker.transitions.finish(outcome.job, { condition: 'any', status: 'failed', attemptEnd });
  return job.id;
}

test('jobs whose retention is over leave the indexes of all tenants, others stay', async () => {
  const kept = await endedJob('acme');
  const gone = await Promise.all([endedJob('acme'), endedJob('other'), endedJob('other')]);
  for (const id of gone) await fresh().redis.del(fresh().broker.keys.job(id));
  expect(await trim()).toBe(3);
  expect(await indexed('acme', 'failed')).toEqual([kept]);
  expect(await indexed('other', 'failed')).toEqual([]);
  expect(await trim()).toBe(0);
});

test('an index that is mostly gone is trimmed in one call, however long it is', async () => {
  const { keys } = fresh().broker;
  const kept = await endedJob('acme');
  const old = Date.now() - HOUR_MS;
  const entries = Array.from({ length: 2_000 }, (_, n) => [old, `job_gone${n}`]).flat();
  await fresh().redis.zadd(keys.index('acme', 'failed'), ...entries);
  await trim();
  const left = await indexed('acme', 'failed');
  expect(left).toContain(kept);
  expect(left.length).toBeLessThan(500);
});

test('a job that is being submitted, whose record is not there yet, keeps its entry', async () => {
  const { keys } = fresh().broker;
  await endedJob('acme');
  await fresh().redis.zadd(keys.index('acme', 'open'), Date.now(), 'job_coming');
  await trim();
  expect(await indexed('acme', 'open')).toEqual(['job_coming']);
});
