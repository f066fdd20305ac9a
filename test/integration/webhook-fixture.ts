import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createEgressClient } from '@sluice/egress';
import {
  createWebhookDeliverer,
  createWebhookOutbox,
  listDeliveries,
  newWebhookSecret,
  webhookEventId,
  type NewDelivery,
  type WebhookDelivererOptions,
} from '@sluice/webhooks';
import { Redis } from 'ioredis';
import { startTestRedis } from '../support/redis-for-tests.ts';

export interface ReceivedCall {
  id: string;
  headers: Record<string, string>;
  body: string;
}

type Close = () => Promise<unknown>;

/** What a test of webhooks needs: Redis with a fresh prefix, receivers and deliverers that are closed at its end. */
export async function createWebhookFixture() {
  const closers: Close[] = [];
  const server = await startTestRedis();
  closers.push(server.close);
  const redis = new Redis(server.url, { maxRetriesPerRequest: null });
  redis.on('error', () => {});
  closers.push(() => redis.quit());
  await redis.ping();
  const prefix = `test-${randomUUID()}`;
  const outbox = createWebhookOutbox({ redis, prefix });
  const secret = newWebhookSecret();

  return {
    redis,
    redisUrl: server.url,
    prefix,
    outbox,
    secret,

    delivery: (url: string, seq = 1, jobId = 'job_1'): NewDelivery => ({
      eventId: webhookEventId(jobId, seq),
      jobId,
      tenant: 'default',
      type: 'job.completed',
      url,
      secret,
      body: JSON.stringify({
        type: 'job.completed',
        id: webhookEventId(jobId, seq),
        object: 'event',
        data: {},
      }),
    }),

    list: (jobId = 'job_1') => listDeliveries({ redis, prefix, jobId }),

    /** Deliveries that a lane has, waiting or under way. */
    waiting: async () => {
      const keys = await redis.keys(`${prefix}:{webhooks}:*:*`);
      const sets = keys.filter((key) => /:(due|busy):/.test(key));
      return (await Promise.all(sets.map((key) => redis.zrange(key, 0, '-1')))).flat();
    },

    async receiver(answer: (call: ReceivedCall, response: ServerResponse, count: number) => void) {
      const calls: ReceivedCall[] = [];
      const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
        const call = {
          id: String(request.headers['webhook-id']),
          headers: request.headers as Record<string, string>,
          body: await text(request),
        };
        calls.push(call);
        answer(call, response, calls.length);
      };
      const server = createServer((request, response) => void onRequest(request, response));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      closers.push(async () => {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      });
      return { calls, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
    },

    deliverer(options: Partial<WebhookDelivererOptions> & { allowCidrs?: string[] } = {}) {
      const egress = createEgressClient({
        allowPrivateNetwork: false,
        allowCidrs: options.allowCidrs ?? ['127.0.0.0/8'],
      });
      closers.push(() => egress.close());
      const deliverer = createWebhookDeliverer({
        redis,
        connection: redis,
        prefix,
        egress,
        retryScheduleMs: [20, 40, 80, 160],
        ...options,
      });
      closers.push(() => deliverer.close());
      return deliverer;
    },

    async close() {
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
}

export type WebhookFixture = Awaited<ReturnType<typeof createWebhookFixture>>;
