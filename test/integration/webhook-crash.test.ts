import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Queue } from 'bullmq';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWebhookFixture, type WebhookFixture } from './webhook-fixture.ts';

let fixture: WebhookFixture;
const children: ChildProcess[] = [];
beforeEach(async () => {
  fixture = await createWebhookFixture();
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
  await fixture.close();
});

const until = { timeout: 40_000, interval: 20 };

/** Runs TypeScript in a process of its own, with this folder's packages and `input` at hand. */
function run(code: string, input: unknown): ChildProcess {
  const child = spawn(
    process.execPath,
    ['--input-type=module-typescript', '-e', `const input = ${JSON.stringify(input)};\n${code}`],
    { cwd: import.meta.dirname, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  children.push(child);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function statuses(): Promise<string[]> {
  return (await fixture.list()).map(({ status }) => status);
}

test('killed between record and ticket: queueing it again, or the repair alone, brings it to its receiver', async () => {
  const { url, calls } = await fixture.receiver((_, response) => response.end());
  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket.on('error', () => {})));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const deliveries = [fixture.delivery(url, 1), fixture.delivery(url, 2)];
  // The queue's connection never answers, so the process stops after the record and before the ticket.
  const child = run(
    `import { Redis } from 'ioredis';
     import { createWebhookOutbox } from '@sluice/webhooks';
     const redis = new Redis(input.redisUrl);
     const queueConnection = new Redis(input.silentPort, { maxRetriesPerRequest: null });
     const outbox = createWebhookOutbox({ redis, queueConnection, prefix: input.prefix });
     await Promise.all(input.deliveries.map((delivery) => outbox.enqueue(delivery)));`,
    {
      redisUrl: fixture.redisUrl,
      prefix: fixture.prefix,
      silentPort: (silent.address() as AddressInfo).port,
      deliveries,
    },
  );
  await expect.poll(statuses, until).toEqual(['pending', 'pending']);
  await kill(child);
  for (const socket of sockets) socket.destroy();
  silent.close();
  expect(await fixture.tickets()).toEqual([]);

  const deliverer = fixture.deliverer();
  await fixture.outbox.enqueue(deliveries[0]!);
  await expect.poll(statuses, until).toContain('delivered');
  expect(await deliverer.repairDeliveries()).toEqual({ checked: 0, requeued: 0 });
  await expect
    .poll(async () => {
      await deliverer.repairDeliveries({ graceMs: 0 });
      return statuses();
    }, until)
    .toEqual(['delivered', 'delivered']);
  expect(calls.map(({ id }) => id).sort()).toEqual(deliveries.map(({ eventId }) => eventId).sort());
});

test('killed between the call and its record: delivered again with the same id, by another process', async () => {
  const victim: { child?: ChildProcess } = {};
  const { url, calls } = await fixture.receiver((_, response, count) => {
    if (count === 1) victim.child?.kill('SIGKILL');
    response.end();
  });
  const delivery = fixture.delivery(url);
  victim.child = run(
    `import { Redis } from 'ioredis';
     import { createEgressClient } from '@sluice/egress';
     import { createWebhookDeliverer } from '@sluice/webhooks';
     const redis = new Redis(input.redisUrl, { maxRetriesPerRequest: null });
     const egress = createEgressClient({ allowPrivateNetwork: true, allowCidrs: [] });
     createWebhookDeliverer({ redis, connection: redis, prefix: input.prefix, egress, retryScheduleMs: [] });`,
    { redisUrl: fixture.redisUrl, prefix: fixture.prefix },
  );
  await fixture.outbox.enqueue(delivery);
  await expect.poll(() => calls.length, until).toBe(1);
  const killedAtMs = Date.now();
  expect(await statuses()).toEqual(['pending']);

  const deliverer = fixture.deliverer();
  // The ticket is still locked by the dead process: the repair leaves it to BullMQ.
  expect(await deliverer.repairDeliveries({ graceMs: 0 })).toEqual({ checked: 1, requeued: 0 });
  await expect.poll(statuses, until).toEqual(['delivered']);
  expect(Date.now() - killedAtMs).toBeLessThan(25_000);
  expect(calls.map(({ id }) => id)).toEqual([delivery.eventId, delivery.eventId]);
});

test('a ticket that is lost between two attempts is queued again under a new id', async () => {
  const { url, calls } = await fixture.receiver((_, response, count) =>
    response.writeHead(count === 1 ? 500 : 200).end(),
  );
  const deliverer = fixture.deliverer({ retryScheduleMs: [2_000] });
  const delivery = fixture.delivery(url);
  await fixture.outbox.enqueue(delivery);
  await expect.poll(() => fixture.tickets(), until).toEqual([`${delivery.eventId}.2`]);
  const queue = new Queue('webhooks', {
    connection: fixture.redis,
    prefix: `${fixture.prefix}:{q:webhooks}`,
  });
  await queue.remove(`${delivery.eventId}.2`);
  await queue.close();
  // Not before its time has come.
  expect(await deliverer.repairDeliveries({ graceMs: 0 })).toEqual({ checked: 0, requeued: 0 });
  expect(calls).toHaveLength(1);
  await expect
    .poll(() => deliverer.repairDeliveries({ graceMs: 0 }), until)
    .toEqual({ checked: 1, requeued: 1 });
  await expect.poll(statuses, until).toEqual(['delivered']);
  expect(calls).toHaveLength(2);
});

test('an end that could not be reported is reported again by the repair', async () => {
  const { url, calls } = await fixture.receiver((_, response) => response.end());
  let reports = 0;
  const errors: unknown[] = [];
  const deliverer = fixture.deliverer({
    onDelivered: () => {
      reports += 1;
      if (reports === 1) throw new Error('not now');
    },
    onError: (error) => void errors.push(error),
  });
  await fixture.outbox.enqueue(fixture.delivery(url));
  await expect.poll(() => errors, until).toEqual([new Error('not now')]);
  await expect
    .poll(async () => {
      await deliverer.repairDeliveries({ graceMs: 0 });
      return reports;
    }, until)
    .toBe(2);
  await expect.poll(() => fixture.redis.zcard(`${fixture.prefix}:deliveries:pending`), until).toBe(0);
  expect(calls).toHaveLength(1);
});
