import { randomBytes } from 'node:crypto';
import { createVault } from '@sluice/vault';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { dumpRedis } from '../../../test/support/dump-redis.ts';
import { startTestRedis } from '../../../test/support/redis-for-tests.ts';
import { createEndpointDirectory } from './create-endpoint-directory.ts';
import { createWebhookEndpoints } from './create-webhook-endpoints.ts';
import { createWebhookOutbox } from './create-webhook-outbox.ts';
import { createWebhookPublisher } from './create-webhook-publisher.ts';
import type { WebhookSubject } from './render-webhook-event.ts';

const CANARY = `canary-${randomBytes(6).toString('hex')}`;

test('what waits for a listener is sealed, and opened for who reads it', async () => {
  const server = await startTestRedis();
  const redis = new Redis(server.url);
  try {
    const prefix = `t${randomBytes(5).toString('hex')}`;
    const vault = createVault([{ id: 'a', secret: randomBytes(32) }]);
    const stores = { redis, prefix, vault };
    const endpoints = createWebhookEndpoints(stores).of('acme');
    const { id } = await endpoints.openListener({ events: ['job.completed'] });
    const publisher = createWebhookPublisher({
      ...stores,
      directory: createEndpointDirectory(stores),
      outbox: createWebhookOutbox(stores),
      publicBaseUrl: 'http://sluice.example',
    });
    await publisher.publish({
      tenant: 'acme',
      type: 'job.completed',
      eventId: 'evt_1',
      subject: {
        id: 'job_1',
        object: 'job',
        status: 'completed',
        result: CANARY,
      } as unknown as WebhookSubject,
      atMs: 0,
    });
    const stored = await dumpRedis(server.url, `${prefix}*`);
    expect(stored).toContain(`listener`);
    expect(stored).not.toContain(CANARY);
    const unread = (await endpoints.readListener(id)) as string[];
    expect(unread).toHaveLength(1);
    expect(JSON.parse(unread[0] ?? '')).toMatchObject({ id: 'evt_1', body: expect.stringContaining(CANARY) });
  } finally {
    redis.disconnect();
    await server.close();
  }
});
