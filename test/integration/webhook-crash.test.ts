import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { deliveryId } from '@sluice/webhooks';
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

test('killed between record and lane: queueing it again, or the repair alone, brings it to its receiver', async () => {
  const { url, calls } = await fixture.receiver((_, response) => response.end());
  const deliveries = [fixture.delivery(url, 1), fixture.delivery(url, 2)];
  // As a process leaves it that dies there.
  for (const delivery of deliveries) {
    await fixture.outbox.enqueue(delivery);
  }
  for (const key of await fixture.redis.keys(`${fixture.prefix}:{webhooks}:*`)) await fixture.redis.del(key);
  expect(await fixture.waiting()).toEqual([]);

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
  // The dead process' lease holds still: the repair leaves it to the lane.
  expect(await deliverer.repairDeliveries({ graceMs: 0 })).toEqual({ checked: 1, requeued: 0 });
  await expect.poll(statuses, until).toEqual(['delivered']);
  expect(Date.now() - killedAtMs).toBeLessThan(25_000);
  expect(calls.map(({ id }) => id)).toEqual([delivery.eventId, delivery.eventId]);
});

test('a delivery that is lost between two attempts is queued again, not before its time has come', async () => {
  const { url, calls } = await fixture.receiver((_, response, count) =>
    response.writeHead(count === 1 ? 500 : 200).end(),
  );
  const deliverer = fixture.deliverer({ retryScheduleMs: [2_000] });
  const delivery = fixture.delivery(url);
  await fixture.outbox.enqueue(delivery);
  await expect.poll(async () => (await fixture.list())[0]?.attempts.length, until).toBe(1);
  await expect
    .poll(() => fixture.redis.zscore(`${fixture.prefix}:deliveries:pending`, deliveryId(delivery)), until)
    .not.toBeNull();
  // While it is under way it is in no lane; the attempt is written down a moment before it goes back there.
  const waiting = (): Promise<string[]> => fixture.redis.keys(`${fixture.prefix}:{webhooks}:due:*`);
  await expect.poll(async () => (await waiting()).length, until).toBe(1);
  await fixture.redis.del(...(await waiting()));
  expect(await deliverer.repairDeliveries({ graceMs: 0 })).toEqual({ checked: 0, requeued: 0 });
  expect(calls).toHaveLength(1);
  await expect
    .poll(() => deliverer.repairDeliveries({ graceMs: 0 }), until)
    .toEqual({ checked: 1, requeued: 1 });
  await expect.poll(statuses, until).toEqual(['delivered']);
  expect(calls).toHaveLength(2);
});

test('an end that could not be reported is reported again', async () => {
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
