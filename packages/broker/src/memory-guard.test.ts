import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestRedis, type TestRedis } from '../../../test/support/redis-for-tests.ts';
import { createMemoryGuard } from './memory-guard.ts';

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await startTestRedis({ own: true });
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.close();
});

test('nobody waits for an answer that is asked for anew while the last one is young', async () => {
  let now = 0;
  const guard = createMemoryGuard({ redis, nowMs: () => now });
  expect(await guard.isFull()).toBe(false);
  const used = Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
  await redis.config('SET', 'maxmemory', Math.round(used / 0.9));
  now = 900;
  expect(await guard.isFull()).toBe(false);
  now = 1_100;
  expect(await guard.isFull()).toBe(false);
  await expect.poll(() => guard.isFull()).toBe(true);

  await redis.config('SET', 'maxmemory', 0);
  now = 20_000;
  expect(await guard.isFull()).toBe(false);
});
