import { createEgressClient } from '@sluice/egress';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { startTestRedis } from '../../../test/support/redis-for-tests.ts';
import { createWebhookDeliverer } from './create-webhook-deliverer.ts';

test('closing ends although Redis has gone away', { timeout: 30_000 }, async () => {
  const server = await startTestRedis({ own: true });
  const connect = () => new Redis(server.url, { maxRetriesPerRequest: null });
  const connections = [connect(), connect()] as const;
  const [redis, connection] = connections;
  for (const each of connections) each.on('error', () => {});
  const egress = createEgressClient({ allowPrivateNetwork: false, allowCidrs: [] });
  const deliverer = createWebhookDeliverer({
    redis,
    connection,
    prefix: 'test',
    egress,
    retryScheduleMs: [1],
  });
  try {
    await expect.poll(() => redis.call('CLIENT', 'LIST')).toContain('cmd=blpop');
    await server.close();
    await expect.poll(() => redis.status).not.toBe('ready');
    await deliverer.close();
  } finally {
    await egress.close();
    for (const each of connections) each.disconnect();
    await server.close();
  }
});
