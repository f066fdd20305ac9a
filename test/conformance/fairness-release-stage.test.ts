import type { Backlog, Released, WaitingTicket, WorkerState } from '@sluice/broker';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createFreshBroker, type FreshBroker } from '../support/fresh-broker.ts';
import { startTestRedis, type TestRedis } from '../support/redis-for-tests.ts';

let server: TestRedis;
let fresh: FreshBroker;
let backlog: Backlog;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.close());
beforeEach(() => {
  fresh = createFreshBroker(server.url, {
    tenants: { heavy: { weight: 3, maxRunning: null }, capped: { weight: 1, maxRunning: 2 } },
  });
  ({ backlog } = fresh.broker);
});
afterEach(() => fresh.close());

const PROVIDER = 'openai';
const UNLIMITED = { requests: 0, tokens: 0, slots: 0 };
const FAR = Date.now() + 3_600_000;

function enqueue(count: number, name: string, changes: Partial<WaitingTicket> = {}): Promise<Released[]> {
  const one = (index: number): Promise<Released> =>
    backlog.enqueue(PROVIDER, {
      ticket: `${name}-${index}.1`,
      tier: 'standard',
      tenant: name,
      deadlineMs: FAR + index,
      cost: 1,
      readyAtMs: 0,
      ...changes,
    });
  return Promise.all(Array.from({ length: count }, (_, index) => one(index)));
}

async function tick(changes: Partial<WorkerState> = {}, through = backlog): Promise<string[]> {
  const { tickets } = await through.tick(PROVIDER, {
    worker: 'w1',
    capacity: 100,
    inflight: 0,
    tiers: ['priority', 'standard', 'flex'],
    pace: UNLIMITED,
    held: [],
    ...changes,
  });
  return tickets.map(({ ticket }) => ticket);
}

async function report(ticket: string, started: boolean, inflight = 0): Promise<string[]> {
  const { tickets } = await backlog.report(PROVIDER, { worker: 'w1', inflight, ticket, started });
  return tickets.map((released) => released.ticket);
}

/** Starts and ends one ticket after the other; answers them in their order. */
async function runOneByOne(count: number): Promise<string[]> {
  const order: string[] = [];
  let [next] = await tick({ capacity: 1 });
  while (next !== undefined && order.length < count) {
    order.push(next);
    await report(next, true, 1);
    [next] = await report(next, false);
  }
  if (next !== undefined) {
    await tick({ capacity: 0 });
    await report(next, false);
  }
  return order;
}

const owners = (tickets: readonly string[]): Record<string, number> =>
  tickets.reduce<Record<string, number>>((counts, ticket) => {
    const owner = ticket.slice(0, ticket.indexOf('-'));
    return { ...counts, [owner]: (counts[owner] ?? 0) + 1 };
  }, {});

describe('weights', () => {
  test('a tenant of weight 3 gets three times what one of weight 1 gets', async () => {
    await enqueue(200, 'heavy');
    await enqueue(200, 'light');
    expect(owners(await runOneByOne(120))).toEqual({ heavy: 90, light: 30 });
  });

  test('changed in one process, they hold for the releases of all', async () => {
    await enqueue(200, 'heavy');
    await enqueue(200, 'light');
    await runOneByOne(8);
    const other = createFreshBroker(server.url, { prefix: fresh.prefix });
    const even = { weight: 1, maxRunning: null };
    other.broker.backlog.setPolicy({
      shares: { priority: 8, standard: 3, flex: 1 },
      tenants: {},
      others: even,
    });
    await other.broker.backlog.publishPolicy(PROVIDER);
    await other.close();
    const { heavy = 0, light = 0 } = owners(await runOneByOne(60));
    expect(Math.abs(heavy - light)).toBeLessThanOrEqual(4);
  });

  test('lost with the data of Redis, they are put back with the next tick', async () => {
    await tick({ capacity: 0 });
    await fresh.redis.del(`${fresh.broker.keys.backlog(PROVIDER)}:policy`);
    await enqueue(40, 'heavy');
    await enqueue(40, 'light');
    const first = await runOneByOne(20);
    expect(owners(first)['heavy']).toBe(15);
  });
});

test('a ticket that goes back without a start costs its tenant and its tier nothing', async () => {
  await enqueue(200, 'unlucky');
  await enqueue(200, 'other');
  const order: string[] = [];
  let [next] = await tick({ capacity: 1 });
  for (let n = 0; next !== undefined && order.length < 60; n += 1) {
    // Of the one tenant, two tickets go back for each that starts.
    const starts = !next.startsWith('unlucky') || n % 3 === 0;
    if (starts) {
      order.push(next);
      await report(next, true, 1);
    }
    [next] = await report(next, false);
  }
  const { unlucky = 0, other = 0 } = owners(order);
  expect(Math.abs(unlucky - other)).toBeLessThanOrEqual(6);
});

describe('a cap on running calls', () => {
  test('keeps the tenant at it and lets the others pass', async () => {
    await enqueue(10, 'capped');
    await enqueue(3, 'other');
    const released = await tick();
    expect(owners(released)).toEqual({ capped: 2, other: 3 });
    for (const ticket of released) await report(ticket, true);
    expect(await tick({ inflight: 5, held: released })).toEqual([]);
    const ended = released.find((ticket) => ticket.startsWith('capped')) as string;
    expect(owners(await report(ended, false))).toEqual({ capped: 1 });
  });

  test('holds for all workers of a provider together', async () => {
    await enqueue(10, 'capped');
    const released = [...(await tick({ worker: 'w1' })), ...(await tick({ worker: 'w2' }))];
    expect(released).toHaveLength(2);
  });

  test('frees the slots of a worker that was killed once its tickets are given up', async () => {
    await enqueue(10, 'capped');
    for (const ticket of await tick()) await report(ticket, true);
    expect(await tick()).toEqual([]);
    const running = `${fresh.broker.keys.backlog(PROVIDER)}:running`;
    for (const ticket of await fresh.redis.zrange(running, '0', '-1'))
      await fresh.redis.zadd(running, 1, ticket);
    expect(await tick()).toHaveLength(2);
  });

  test('saves nothing up for the tenant that was kept back', async () => {
    await enqueue(100, 'capped');
    await enqueue(100, 'other');
    const first = await tick({ capacity: 40 });
    expect(owners(first)).toEqual({ capped: 2, other: 38 });
    for (const ticket of first) await report(ticket, true, 40);
    for (const ticket of first) await report(ticket, false, 40);
    backlog.setPolicy({
      shares: { priority: 1, standard: 1, flex: 1 },
      tenants: {},
      others: { weight: 1, maxRunning: null },
    });
    const next = owners(await tick({ capacity: 20 }));
    expect(Math.abs((next['capped'] ?? 0) - (next['other'] ?? 0))).toBeLessThanOrEqual(2);
  });

  test('leaves no counters behind', async () => {
    await enqueue(6, 'capped', { model: 'gpt' });
    await runOneByOne(6);
    const left = await fresh.redis.keys(`${fresh.broker.keys.backlog(PROVIDER)}:*`);
    expect(left.filter((key) => /:(active|load|meta|since|models|running|ready)/.test(key))).toEqual([]);
  });
});

describe('limits of a model', () => {
  const models = { small: { requests: 0, tokens: 0, slots: 3 } };

  test('keep its own tickets back and nobody else’s, within one tenant too', async () => {
    await enqueue(50, 'acme', { model: 'small' });
    await enqueue(20, 'beta', { model: 'large' });
    await backlog.enqueue(PROVIDER, {
      ticket: 'acme-large.1',
      tier: 'standard',
      tenant: 'acme',
      deadlineMs: FAR + 1_000_000,
      cost: 1,
      readyAtMs: 0,
      model: 'large',
    });
    const released = await tick({ pace: { ...UNLIMITED, models } });
    expect(owners(released)).toEqual({ acme: 4, beta: 20 });
    expect(released).toContain('acme-large.1');
  });

  test('count calls that run', async () => {
    await enqueue(50, 'acme', { model: 'small' });
    const pace = { ...UNLIMITED, models };
    const released = await tick({ pace });
    for (const ticket of released) await report(ticket, true);
    // Two wait at the gate, so that a slot that frees is taken at once.
    expect(await tick({ pace, held: released })).toHaveLength(0);
    expect(await fresh.redis.zcard(`${fresh.broker.keys.backlog(PROVIDER)}:ready`)).toBe(2);
  });
});

describe('a hold', () => {
  test('keeps a model’s tickets back until it ends, and says when that is', async () => {
    await backlog.hold(PROVIDER, { model: 'gpt', forMs: 60 });
    await enqueue(2, 'acme', { model: 'gpt' });
    await enqueue(1, 'beta', { model: 'other' });
    const { tickets, nextDueMs } = await backlog.tick(PROVIDER, {
      worker: 'w1',
      capacity: 10,
      inflight: 0,
      tiers: ['standard'],
      pace: UNLIMITED,
      held: [],
    });
    expect(tickets.map(({ ticket }) => ticket)).toEqual(['beta-0.1']);
    expect(nextDueMs).toBeGreaterThan(0);
    expect(nextDueMs).toBeLessThanOrEqual(60);
    const released: string[] = [];
    await expect
      .poll(async () => {
        released.push(...(await tick()));
        return owners(released);
      })
      .toEqual({ acme: 2 });
  });

  test('of all models keeps everything back', async () => {
    await backlog.hold(PROVIDER, { model: null, forMs: 3_600_000 });
    await enqueue(2, 'acme');
    expect(await tick()).toEqual([]);
  });
});

describe('what is told of a queue', () => {
  test('tokens, the oldest wait and the time it takes at the rate that is allowed', async () => {
    await tick({ capacity: 0 });
    await enqueue(120, 'acme', { cost: 50, tier: 'flex' });
    await tick({ pace: { requests: 10, tokens: 0, slots: 0 } });
    const depth = await backlog.depth(PROVIDER);
    expect(depth.tiers.flex).toMatchObject({ waiting: 118, tokens: 118 * 50, drainMs: 11_800 });
    await expect
      .poll(async () => (await backlog.depth(PROVIDER)).tiers.flex.oldestWaitMs)
      .toBeGreaterThan(20);
  });

  test('a tier that shares the provider takes longer', async () => {
    await enqueue(100, 'acme', { tier: 'flex' });
    await enqueue(400, 'urgent', { tier: 'priority' });
    const pace = { requests: 10, tokens: 0, slots: 0 };
    await tick({ pace });
    const { priority, flex } = (await backlog.depth(PROVIDER)).tiers;
    // 400 of share 8 beside 50 of share 1, and all 400 before the last of the 100.
    expect(priority.drainMs).toBeGreaterThanOrEqual(40_000);
    expect(priority.drainMs).toBeLessThanOrEqual(46_000);
    expect(flex.drainMs).toBeGreaterThanOrEqual(49_000);
  });

  test('nobody knows while no worker drains it', async () => {
    await enqueue(3, 'acme');
    expect((await backlog.depth(PROVIDER)).tiers.standard.drainMs).toBeNull();
    expect(await backlog.place(PROVIDER, 'acme-2.1')).toMatchObject({ status: 'waiting', etaMs: null });
  });
});
