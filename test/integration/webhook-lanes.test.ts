import { createVault } from '@sluice/vault';
import {
  createEndpointDirectory,
  createWebhookEndpoints,
  createWebhookOutbox,
  deliveryId,
  type EndpointSettings,
} from '@sluice/webhooks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWebhookFixture, type WebhookFixture } from './webhook-fixture.ts';

let fixture: WebhookFixture;
beforeEach(async () => {
  fixture = await createWebhookFixture();
});
afterEach(() => fixture.close());

const until = { timeout: 20_000, interval: 20 };
const SETTINGS: EndpointSettings = {
  url: '',
  description: '',
  events: ['job.completed'],
  headers: {},
  ratePerSecond: null,
  concurrency: null,
  thin: false,
  coalesceBatches: false,
};

async function makeEndpoint(settings: Partial<EndpointSettings>) {
  const { redis, prefix } = fixture;
  const endpoints = createWebhookEndpoints({ redis, prefix });
  const outcome = await endpoints.of('default').create({ ...SETTINGS, ...settings, signature: 'v1' });
  if (outcome.status !== 'created') throw new Error(outcome.status);
  const { id, url } = outcome.endpoint;
  const deliver = (seq: number) =>
    fixture.outbox.enqueue({ ...fixture.delivery(url, seq, `job_${id}`), endpoint: id, secret: '' });
  return { id, endpoints, deliver };
}

test('twenty receivers that hang delay neither a known nor a new one', async () => {
  const hanging = await Promise.all(Array.from({ length: 20 }, () => fixture.receiver(() => undefined)));
  const healthy = await fixture.receiver((_, response) => response.end());
  fixture.deliverer({ timeoutMs: 5_000, concurrency: 64 });
  for (const [n, { url }] of hanging.entries()) {
    for (let seq = 1; seq <= 10; seq += 1) {
      await fixture.outbox.enqueue(fixture.delivery(url, seq, `job_hang_${n}`));
    }
  }
  await expect.poll(() => hanging.filter(({ calls }) => calls.length > 0).length, until).toBeGreaterThan(10);
  const delays: number[] = [];
  for (let seq = 1; seq <= 20; seq += 1) {
    const startedAtMs = performance.now();
    await fixture.outbox.enqueue(fixture.delivery(healthy.url, seq, 'job_fine'));
    await expect.poll(() => healthy.calls.length, { timeout: 20_000, interval: 2 }).toBe(seq);
    delays.push(performance.now() - startedAtMs);
  }
  // The first is to a lane that has delivered nothing yet, like those that hang.
  const rest = delays.slice(1).toSorted((a, b) => a - b);
  console.log(
    `healthy among 20 that hang: first ${Math.round(delays[0] ?? 0)} ms, p95 ${Math.round(rest[18] ?? rest.at(-1) ?? 0)} ms`,
  );
  expect(delays[0]).toBeLessThan(1_000);
  expect(rest.at(-1)).toBeLessThan(1_000);
  for (const { calls } of hanging) expect(calls.length).toBeLessThanOrEqual(2);
});

test('a rate and a concurrency hold for one endpoint', async () => {
  let open = 0;
  let most = 0;
  const at: number[] = [];
  const { url, calls } = await fixture.receiver((_, response) => {
    at.push(performance.now());
    open += 1;
    most = Math.max(most, open);
    setTimeout(() => {
      open -= 1;
      response.end();
    }, 30);
  });
  const { deliver } = await makeEndpoint({ url, ratePerSecond: 5, concurrency: 2 });
  fixture.deliverer();
  for (let seq = 1; seq <= 12; seq += 1) await deliver(seq);
  await expect.poll(() => calls.length, until).toBe(12);
  expect(most).toBeLessThanOrEqual(2);
  // A second's worth at once, then five a second.
  for (let n = 0; n + 10 < at.length; n += 1) expect((at[n + 10] ?? 0) - (at[n] ?? 0)).toBeGreaterThan(950);
});

test('nothing but failures for the time that is set disables an endpoint, and its deliveries fail with that reason', async () => {
  const { url } = await fixture.receiver((_, response) => response.writeHead(500).end());
  const { id, endpoints, deliver } = await makeEndpoint({ url });
  const disabled: string[] = [];
  fixture.deliverer({
    disableAfterMs: 300,
    retryScheduleMs: Array.from({ length: 20 }, () => 60),
    circuit: { failures: 100, pauseMs: 10, maxPauseMs: 10 },
    onEndpointDisabled: (endpoint) => void disabled.push(endpoint.id),
  });
  await deliver(1);
  await expect.poll(() => disabled, until).toEqual([id]);
  expect((await endpoints.read(id))?.disabled?.reason).toBe('failing');
  await expect
    .poll(async () => (await fixture.list(`job_${id}`))[0], until)
    .toMatchObject({ status: 'failed', error: 'endpoint_disabled: The endpoint is disabled.' });
});

test('a receiver that fails again and again rests, and one delivery that arrives ends that', async () => {
  const dead = { yes: true };
  const { url, calls } = await fixture.receiver((_, response) =>
    response.writeHead(dead.yes ? 503 : 200).end(),
  );
  const rests: number[] = [];
  fixture.deliverer({
    retryScheduleMs: Array.from({ length: 50 }, () => 20),
    circuit: { failures: 4, pauseMs: 100, maxPauseMs: 400 },
    onLaneRests: (_lane, restMs) => void rests.push(restMs),
  });
  for (let seq = 1; seq <= 10; seq += 1) await fixture.outbox.enqueue(fixture.delivery(url, seq));
  await expect.poll(() => rests.slice(0, 4), until).toEqual([100, 200, 400, 400]);
  expect(calls.length).toBeLessThan(12);
  dead.yes = false;
  await expect
    .poll(async () => (await fixture.list()).map(({ status }) => status), until)
    .toEqual(Array(10).fill('delivered'));
});

test('with a vault neither secrets, headers nor bodies are readable in Redis, and they are delivered all the same', async () => {
  const { redis, prefix } = fixture;
  const vault = createVault([{ id: 'k1', secret: Buffer.alloc(32, 7) }]);
  const { url, calls } = await fixture.receiver((_, response, count) =>
    response.writeHead(count === 1 ? 500 : 200).end(),
  );
  const endpoints = createWebhookEndpoints({ redis, prefix, vault });
  const outcome = await endpoints
    .of('default')
    .create({ ...SETTINGS, url, headers: { authorization: 'canary-header' }, signature: 'v1' });
  if (outcome.status !== 'created') throw new Error(outcome.status);
  const { id, secrets } = outcome.endpoint;
  const sealed = createWebhookOutbox({ redis, prefix, vault });
  const delivery = { ...fixture.delivery(url), endpoint: id, secret: '', body: '{"canary":"body"}' };
  await sealed.enqueue(delivery);
  const own = fixture.delivery(url, 2);
  await sealed.enqueue(own);
  const stored = await Promise.all(
    [
      `${prefix}:webhook-endpoint:{${id}}`,
      ...[delivery, own].map((each) => `${prefix}:delivery:{${deliveryId(each)}}`),
    ].map((key) => redis.hgetall(key)),
  );
  for (const canary of ['canary', secrets[0]?.secret ?? '', own.secret]) {
    expect(JSON.stringify(stored)).not.toContain(canary);
  }
  fixture.deliverer({ vault });
  await expect.poll(() => new Set(calls.map(({ id: each }) => each)).size, until).toBe(2);
  await expect
    .poll(() => calls.filter(({ body }) => body === delivery.body).length, until)
    .toBeGreaterThan(0);
  expect(calls.find(({ body }) => body === delivery.body)?.headers['authorization']).toBe('canary-header');
});

test('a tenant without endpoints costs no command in steady use', async () => {
  const { redis, prefix } = fixture;
  const directory = createEndpointDirectory({ redis, prefix });
  await directory.of('default');
  let sent = 0;
  const { sendCommand } = redis;
  redis.sendCommand = (...args) => {
    sent += 1;
    return sendCommand.apply(redis, args);
  };
  for (let n = 0; n < 10_000; n += 1) await directory.of(`tenant_${n}`);
  redis.sendCommand = sendCommand;
  expect(sent).toBeLessThanOrEqual(1);
});
