import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestRedis, type TestRedis } from '../../../test/support/redis-for-tests.ts';
import { createWebhookDeliveries, type RenderAgain } from './create-webhook-deliveries.ts';
import { createWebhookOutbox } from './create-webhook-outbox.ts';
import { createWebhookKeys } from './webhook-keys.ts';

const EVENTS = 1_240;
const LIMIT = 500;
const AT_MS = 1_800_000_000_000;
const ENDPOINT = 'we_1';

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await startTestRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.close();
});

/** Failed deliveries to one endpoint, the index of which says that all came in the same millisecond. */
async function failures(count: number) {
  const prefix = `t${randomBytes(5).toString('hex')}`;
  const outbox = createWebhookOutbox({ redis, prefix });
  await Promise.all(
    Array.from({ length: count }, (_, n) =>
      outbox.recordUndelivered(
        {
          eventId: `evt_${n}`,
          jobId: `job_${n}`,
          tenant: 'acme',
          type: 'job.completed',
          url: '',
          endpoint: ENDPOINT,
          secret: '',
          body: '',
        },
        'disabled',
      ),
    ),
  );
  const index = createWebhookKeys(prefix).toEndpoint(ENDPOINT);
  const ids = await redis.zrange(index, '0', '-1');
  expect(ids).toHaveLength(count);
  await redis.zadd(index, ...ids.flatMap((id) => [AT_MS, id]));
  return { deliveries: createWebhookDeliveries({ redis, prefix })('acme'), index };
}

/** Remembers which events it was asked for. */
function renderer() {
  const asked: string[] = [];
  const renderAgain: RenderAgain = async ({ eventId }) => {
    asked.push(eventId);
    return { body: '{}', secret: '' };
  };
  return { asked, renderAgain };
}

test('more failures of one millisecond than a call looks at are all recovered, each once', async () => {
  const { deliveries } = await failures(EVENTS);
  const { asked, renderAgain } = renderer();
  const counts: number[] = [];
  for (let after: string | undefined; ;) {
    const report = await deliveries.recover(ENDPOINT, { sinceMs: AT_MS, limit: LIMIT, after, renderAgain });
    counts.push(report?.recovered ?? 0);
    after = report?.next ?? undefined;
    if (after === undefined) break;
  }
  expect(counts).toEqual([500, 500, 240]);
  expect(new Set(asked).size).toBe(EVENTS);
  const failed = await deliveries.list({ limit: 1, endpoint: ENDPOINT, status: 'failed' });
  expect(failed?.deliveries).toEqual([]);
});

test('a cursor whose delivery was erased meanwhile skips nothing, and what is none is refused', async () => {
  const { deliveries, index } = await failures(30);
  const { asked, renderAgain } = renderer();
  const page = { sinceMs: 0, limit: 20, renderAgain };
  const first = await deliveries.recover(ENDPOINT, page);
  await redis.zrem(index, first?.next?.split('-')[1] ?? '');
  const second = await deliveries.recover(ENDPOINT, { ...page, after: first?.next ?? '' });
  const third = await deliveries.recover(ENDPOINT, { ...page, after: second?.next ?? '' });
  expect([first?.recovered, second?.recovered, third?.recovered]).toEqual([20, 1, 9]);
  expect(third?.next).toBeNull();
  expect(asked).toHaveLength(30);
  expect(await deliveries.recover(ENDPOINT, { ...page, after: 'whd_x' })).toBeNull();
  expect(await deliveries.recover(ENDPOINT, { ...page, sinceMs: AT_MS + 1 })).toMatchObject({
    recovered: 0,
    next: null,
  });
});
