import { expect, test } from 'vitest';
import { freshBrokerJob } from '../../../test/support/fresh-broker-job.ts';
import { freshBrokerEach } from '../../../test/support/fresh-broker-each.ts';
import { unpaidEnd } from './transitions.ts';

const fresh = freshBrokerEach();

const PROVIDER = 'openai';

/** A job whose ticket a worker has been given to put into BullMQ. */
async function releasedJob(): Promise<string> {
  const { id } = freshBrokerJob();
  await fresh().broker.jobs.submit(freshBrokerJob({ id }));
  const released = await tick();
  expect(released.tickets).toEqual([{ ticket: `${id}.1`, tier: 'standard' }]);
  return id;
}

function tick() {
  return fresh().broker.backlog.tick(PROVIDER, {
    worker: 'w1',
    capacity: 1,
    inflight: 0,
    tiers: ['standard'],
    pace: { requests: 0, tokens: 0, slots: 0 },
    held: [],
  });
}

test('what is released reaches BullMQ; again, it is there once', async () => {
  const { id } = freshBrokerJob();
  await fresh().broker.jobs.submit(freshBrokerJob({ id }));
  const released = await tick();
  await fresh().broker.placement.handOn(PROVIDER, released);
  await fresh().broker.placement.handOn(PROVIDER, released);
  expect(await fresh().ticketsInQueue(PROVIDER)).toEqual([`${id}.1`]);
});

test('a ticket that got lost on the way is released anew under a turn that was never used', async () => {
  const id = await releasedJob();
  await expect
    .poll(
      async () => {
        await fresh().broker.placement.handOn(PROVIDER, await tick());
        return fresh().ticketsInQueue(PROVIDER);
      },
      { timeout: 10_000 },
    )
    .toEqual([`${id}.2`]);
  expect(await fresh().record(id)).toMatchObject({ turn: 2, status: 'queued', attempts: [] });
});

test.each([
  ['has moved on to another turn', 'requeue'],
  ['has ended', 'cancel'],
] as const)('a lost ticket of a job that %s changes nothing', async (_, change) => {
  const id = await releasedJob();
  const job = await fresh().record(id);
  if (change === 'cancel') await fresh().broker.jobs.cancel(id, job.tenant);
  else {
    const attemptEnd = unpaidEnd('abandoned', null);
    const same = { targetIndex: 0, round: 1, newRound: false, delayMs: 0, reason: null };
    await fresh().broker.transitions.requeue(job, { attempt: 0, attemptEnd, ...same });
  }
  const before = await fresh().record(id);
  await fresh().broker.placement.requeueLost({ jobId: id, turn: 1 });
  expect(await fresh().record(id)).toEqual(before);
  expect(await fresh().broker.backlog.place(PROVIDER, `${id}.${before.turn}`)).toEqual({ status: 'absent' });
});

test('many processes that find the same ticket lost raise the turn once', async () => {
  const id = await releasedJob();
  await Promise.all(
    Array.from({ length: 8 }, () => fresh().broker.placement.requeueLost({ jobId: id, turn: 1 })),
  );
  expect((await fresh().record(id)).turn).toBe(2);
});
