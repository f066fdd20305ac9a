import OpenAI from 'openai';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deliveryId, eraseDeliveries } from '@sluice/webhooks';
import { createWebhookFixture, type WebhookFixture } from './webhook-fixture.ts';

let fixture: WebhookFixture;
beforeEach(async () => {
  fixture = await createWebhookFixture();
});
afterEach(() => fixture.close());

const until = { timeout: 20_000, interval: 20 };

async function ended(jobId?: string) {
  await expect
    .poll(async () => (await fixture.list(jobId)).map(({ status }) => status), until)
    .not.toContain('pending');
  return fixture.list(jobId);
}

test('a delivery verifies with standardwebhooks and with the OpenAI client', async () => {
  const { url, calls } = await fixture.receiver((_, response) => response.writeHead(204).end());
  fixture.deliverer();
  const delivery = fixture.delivery(url);
  expect(await fixture.outbox.enqueue(delivery)).toMatchObject({ status: 'queued' });
  const [listed] = await ended();
  expect(listed).toMatchObject({
    status: 'delivered',
    eventId: delivery.eventId,
    error: null,
    attempts: [{ n: 1, http_status: 204, error: null, response: '' }],
  });
  expect(calls).toHaveLength(1);
  const [call] = calls;
  expect(call?.body).toBe(delivery.body);
  expect(call?.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': delivery.eventId });
  expect(new Webhook(fixture.secret).verify(call!.body, call!.headers)).toEqual(JSON.parse(delivery.body));
  const openai = new OpenAI({ apiKey: 'unused', webhookSecret: fixture.secret });
  expect(await openai.webhooks.unwrap(call!.body, call!.headers)).toEqual(JSON.parse(delivery.body));
});

test('a failed attempt is tried again with the same id and body, and both attempts are kept', async () => {
  const { url, calls } = await fixture.receiver((_, response, count) => {
    response.writeHead(count === 1 ? 500 : 200).end(count === 1 ? 'broken '.repeat(10_000) : 'thanks');
  });
  fixture.deliverer();
  await fixture.outbox.enqueue(fixture.delivery(url));
  const [listed] = await ended();
  expect(listed).toMatchObject({
    status: 'delivered',
    attempts: [
      { n: 1, http_status: 500, error: 'http_status: The receiver answered 500.' },
      { n: 2, http_status: 200, error: null, response: 'thanks' },
    ],
  });
  expect(listed?.attempts[0]?.response).toHaveLength(20_000);
  expect(new Set(calls.map(({ id, body }) => `${id} ${body}`)).size).toBe(1);
  for (const { body, headers } of calls) new Webhook(fixture.secret).verify(body, headers);
});

test('the schedule runs out: the delivery has failed, with all its attempts', async () => {
  const { url, calls } = await fixture.receiver((_, response) => response.writeHead(503).end());
  const failed: string[] = [];
  fixture.deliverer({
    retryScheduleMs: [10, 20],
    onFailed: ({ eventId }) => void failed.push(eventId),
    onDelivered: () => void failed.push('delivered'),
  });
  const delivery = fixture.delivery(url);
  await fixture.outbox.enqueue(delivery);
  const [listed] = await ended();
  expect(listed).toMatchObject({ status: 'failed', error: 'http_status: The receiver answered 503.' });
  expect(listed?.attempts.map(({ n }) => n)).toEqual([1, 2, 3]);
  expect(calls).toHaveLength(3);
  await expect.poll(() => failed, until).toEqual([delivery.eventId]);
});

test('410 ends the delivery after one attempt', async () => {
  const { url, calls } = await fixture.receiver((_, response) => response.writeHead(410).end());
  fixture.deliverer();
  await fixture.outbox.enqueue(fixture.delivery(url));
  expect((await ended())[0]).toMatchObject({ status: 'failed', attempts: [{ http_status: 410 }] });
  expect(calls).toHaveLength(1);
});

test('a redirect is a failed attempt and is not followed', async () => {
  const target = await fixture.receiver((_, response) => response.end());
  const { url } = await fixture.receiver((_, response) =>
    response.writeHead(308, { location: target.url }).end(),
  );
  fixture.deliverer({ retryScheduleMs: [] });
  await fixture.outbox.enqueue(fixture.delivery(url));
  expect((await ended())[0]).toMatchObject({ status: 'failed', attempts: [{ http_status: 308 }] });
  expect(target.calls).toEqual([]);
});

test('a receiver that does not answer in time is tried again', async () => {
  const { url } = await fixture.receiver((_, response, count) => {
    if (count > 1) response.end();
  });
  fixture.deliverer({ timeoutMs: 150 });
  await fixture.outbox.enqueue(fixture.delivery(url));
  expect((await ended())[0]).toMatchObject({
    status: 'delivered',
    attempts: [
      { http_status: null, error: 'timeout: No complete answer within 150 ms.' },
      { http_status: 200 },
    ],
  });
});

test('a name that resolves to a private address fails with that reason, without a call', async () => {
  const { url, calls } = await fixture.receiver((_, response) => response.end());
  fixture.deliverer({ allowCidrs: [] });
  await fixture.outbox.enqueue(fixture.delivery(url.replace('127.0.0.1', 'localhost')));
  const [listed] = await ended();
  expect(listed).toMatchObject({ status: 'failed', attempts: [{ http_status: null }] });
  expect(listed?.error).toMatch(/^private_address: localhost resolves to .* loopback address/);
  expect(calls).toEqual([]);
});

test('queueing an event again changes nothing, before and after it was delivered', async () => {
  const { url, calls } = await fixture.receiver((_, response) => response.end());
  const delivery = fixture.delivery(url);
  await fixture.outbox.enqueue(delivery);
  expect(await fixture.outbox.enqueue(delivery)).toMatchObject({ status: 'duplicate' });
  expect(await fixture.waiting()).toEqual([deliveryId(delivery)]);
  fixture.deliverer();
  await ended();
  expect(await fixture.outbox.enqueue(delivery)).toMatchObject({ status: 'duplicate' });
  await expect.poll(() => fixture.waiting(), until).toEqual([]);
  expect(calls).toHaveLength(1);
});

test('200 events arrive at a receiver that fails three calls in ten, and nothing is left behind', async () => {
  const { url, calls } = await fixture.receiver((_, response, count) => {
    response.writeHead(count % 10 < 3 ? 500 : 200).end();
  });
  const delivered = new Set<string>();
  fixture.deliverer({
    retryScheduleMs: [10, 10, 20, 20, 40, 40, 80, 80, 160, 160, 320],
    onDelivered: ({ eventId }) => void delivered.add(eventId),
  });
  const sent = Array.from({ length: 200 }, (_, index) =>
    fixture.delivery(url, index + 1, `job_${index % 4}`),
  );
  await Promise.all(sent.map((delivery) => fixture.outbox.enqueue(delivery)));
  await expect.poll(() => delivered.size, until).toBe(200);
  expect(delivered).toEqual(new Set(sent.map(({ eventId }) => eventId)));
  expect(new Set(calls.map(({ id }) => id))).toEqual(delivered);
  for (const { body, headers } of calls) new Webhook(fixture.secret).verify(body, headers);
  await expect.poll(() => fixture.waiting(), until).toEqual([]);
  expect(await fixture.redis.zcard(`${fixture.prefix}:deliveries:pending`)).toBe(0);
  expect((await fixture.list('job_0')).map(({ status }) => status)).toEqual(Array(50).fill('delivered'));
});

test('a delivered event keeps no body and no secret, and expires', async () => {
  const { url } = await fixture.receiver((_, response) => response.end());
  fixture.deliverer({ recordTtlMs: 60_000 });
  const delivery = fixture.delivery(url);
  await fixture.outbox.enqueue(delivery);
  await ended();
  const key = `${fixture.prefix}:delivery:{${deliveryId(delivery)}}`;
  expect(Object.keys(await fixture.redis.hgetall(key))).not.toEqual(expect.arrayContaining(['body']));
  expect(await fixture.redis.hget(key, 'secret')).toBeNull();
  expect(await fixture.redis.pttl(key)).toBeGreaterThan(0);
});

test('erased deliveries are gone and are not sent any more', async () => {
  const { url, calls } = await fixture.receiver((_, response) => response.end());
  await fixture.outbox.enqueue(fixture.delivery(url, 1));
  await fixture.outbox.enqueue(fixture.delivery(url, 2, 'job_2'));
  await eraseDeliveries({ redis: fixture.redis, prefix: fixture.prefix, jobId: 'job_1' });
  expect(await fixture.list()).toEqual([]);
  fixture.deliverer();
  await ended('job_2');
  await expect.poll(() => fixture.waiting(), until).toEqual([]);
  expect(calls.map(({ id }) => id)).toEqual([fixture.delivery(url, 2, 'job_2').eventId]);
});
