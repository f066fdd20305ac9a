import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestRedis, type TestRedis } from '../../../test/support/redis-for-tests.ts';
import type { EventWakeups } from './broker.ts';
import { createEventWakeups } from './event-wakeups.ts';
import { createKeys } from './keys.ts';

let server: TestRedis;
let redis: Redis;
let wakeups: EventWakeups;
let connectionName: string;
let keys: ReturnType<typeof createKeys>;
beforeAll(async () => {
  server = await startTestRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.close();
});
beforeEach(async () => {
  connectionName = `wakeups-${randomUUID()}`;
  keys = createKeys(connectionName);
  const subscriber = new Redis(server.url, {
    connectionName,
    retryStrategy: () => 10,
    maxRetriesPerRequest: null,
  });
  subscriber.on('error', () => {});
  wakeups = createEventWakeups({ subscriber, keys });
  await once(subscriber, 'ready');
});
afterEach(() => wakeups.close());

const publish = (jobId: string) => redis.publish(keys.events(jobId), '{}');

async function connectionIds(): Promise<string[]> {
  const clients = (await redis.client('LIST')) as string;
  return clients.split('\n').flatMap((line) => {
    return line.includes(`name=${connectionName} `) ? [/id=(\d+)/.exec(line)?.[1] as string] : [];
  });
}

/** How often each of these readers was woken. */
function readers(count: number) {
  const woken = Array.from({ length: count }, () => 0);
  return {
    woken,
    wakeOf: (index: number) => () => {
      woken[index] = (woken[index] ?? 0) + 1;
    },
  };
}

test('a reader is woken by its own job only', async () => {
  const { woken, wakeOf } = readers(2);
  await wakeups.subscribe('job_a', wakeOf(0));
  await wakeups.subscribe('job_b', wakeOf(1));
  await publish('job_a');
  await expect.poll(() => woken).toEqual([1, 0]);
  await publish('job_b');
  await expect.poll(() => woken).toEqual([1, 1]);
});

test('any number of readers share one connection and one subscription for each job', async () => {
  const { woken, wakeOf } = readers(200);
  await Promise.all(woken.map((_, index) => wakeups.subscribe(`job_${index % 10}`, wakeOf(index))));
  expect(await connectionIds()).toHaveLength(1);
  expect(await publish('job_3')).toBe(1);
  await expect.poll(() => woken.reduce((sum, count) => sum + count)).toBe(20);
});

test('the last reader that leaves ends the subscription; leaving twice is harmless', async () => {
  const { woken, wakeOf } = readers(2);
  const [endFirst, endSecond] = await Promise.all([
    wakeups.subscribe('job_a', wakeOf(0)),
    wakeups.subscribe('job_a', wakeOf(1)),
  ]);
  endFirst();
  endFirst();
  await publish('job_a');
  await expect.poll(() => woken).toEqual([0, 1]);
  endSecond();
  await expect.poll(() => publish('job_a')).toBe(0);
});

test('a reader that comes while the last one leaves is subscribed', async () => {
  const { woken, wakeOf } = readers(1);
  const end = await wakeups.subscribe('job_a', () => {});
  end();
  await wakeups.subscribe('job_a', wakeOf(0));
  end();
  await publish('job_a');
  await expect.poll(() => woken).toEqual([1]);
});

test('after the connection was cut, all are woken once their subscriptions stand, and by events again', async () => {
  const { woken, wakeOf } = readers(3);
  const standing: number[] = [];
  await Promise.all(woken.map((_, index) => wakeups.subscribe(`job_${index}`, wakeOf(index))));
  await wakeups.subscribe('job_0', () => {
    // The order of commands on the connection: what a wake-up promises must hold when it comes.
    void redis.pubsub('NUMSUB', keys.events('job_0')).then((reply) => standing.push(Number(reply[1])));
  });
  const [id] = await connectionIds();
  await redis.client('KILL', 'ID', id as string);
  await expect.poll(() => woken.every((count) => count > 0), { timeout: 10_000 }).toBe(true);
  await expect.poll(() => standing.at(-1), { timeout: 10_000 }).toBe(1);
  const before = [...woken];
  await expect.poll(() => publish('job_2')).toBe(1);
  await expect.poll(() => (woken[2] ?? 0) > (before[2] ?? 0)).toBe(true);
  expect(await connectionIds()).toHaveLength(1);
  expect((await connectionIds())[0]).not.toBe(id);
});
