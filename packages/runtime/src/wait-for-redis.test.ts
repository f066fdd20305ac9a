import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { connectRedis } from './connect-redis.ts';
import { loadEnvironment } from './load-environment.ts';
import { RedisNotReadyError, waitForRedis } from './wait-for-redis.ts';

test('a Redis that is not there is an error that says why', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
  taken.close();
  await once(taken, 'close');
  const environment = loadEnvironment({ REDIS_URL: `redis://${address}` });
  const redis = connectRedis({ environment, role: 'submit', onError: () => {} });
  try {
    const failure: unknown = await waitForRedis(redis, { timeoutMs: 200, address }).catch((error) => error);
    expect(failure).toBeInstanceOf(RedisNotReadyError);
    expect((failure as Error).message).toContain('ECONNREFUSED');
    expect(redis.listenerCount('error')).toBe(1);
  } finally {
    redis.disconnect();
  }
});
