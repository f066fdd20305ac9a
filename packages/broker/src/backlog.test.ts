import type { Tier } from '@sluice/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createFreshBroker, type FreshBroker } from '../../../test/support/fresh-broker.ts';
import { startTestRedis, type TestRedis } from '../../../test/support/redis-for-tests.ts';
import type { Backlog, Released, WaitingTicket, WorkerState } from './backlog.ts';

let server: TestRedis;
let fresh: FreshBroker;
let backlog: Backlog;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.close());
beforeEach(() => {
  fresh = createFreshBroker(server.url);
  ({ backlog } = fresh.broker);
});
afterEach(() => fresh.close());

const PROVIDER = 'openai';
const NO_LIMITS = { requests: 0, tokens: 0, slots: 0 };
const FAR = Date.now() + 3_600_000;

function enqueue(ticket: string, changes: Partial<WaitingTicket> = {}): Promise<Released> {
  return backlog.enqueue(PROVIDER, {
    ticket,
    tier: 'standard',
    tenant: 'acme',
    deadlineMs: FAR,
    cost: 1,
    readyAtMs: 0,
    ...changes,
  });
}

function enqueueMany(count: number, name: string, changes: Partial<WaitingTicket> = {}): Promise<Released[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => enqueue(`${name}-${i}.1`, changes)));
}

function tick(changes: Partial<WorkerState> = {}): Promise<Released> {
  return backlog.tick(PROVIDER, {
    worker: 'w1',
    capacity: 100,
    inflight: 0,
    tiers: ['priority', 'standard', 'flex'],
    pace: NO_LIMITS,
    held: [],
    ...changes,
  });
}

const tickets = ({ tickets: released }: Released): string[] => released.map(({ ticket }) => ticket);

/** Releases one after the other, as a worker with one slot does whose calls end at once. */
async function releaseOneByOne(
  count: number,
  tiers?: readonly Tier[],
): Promise<Released['tickets'][number][]> {
  const order: Released['tickets'][number][] = [];
  let released = await tick({ capacity: 1, ...(tiers ? { tiers } : {}) });
  while (order.length < count) {
    const [next] = released.tickets;
    if (!next) break;
    expect(released.tickets).toHaveLength(1);
    order.push(next);
    await backlog.report(PROVIDER, { worker: 'w1', inflight: 1, ticket: next.ticket, started: true });
    if (order.length === count) {
      await tick({ capacity: 0 });
      await backlog.report(PROVIDER, { worker: 'w1', inflight: 0, ticket: next.ticket, started: false });
      break;
    }
    released = await backlog.report(PROVIDER, {
      worker: 'w1',
      inflight: 0,
      ticket: next.ticket,
      started: false,
    });
  }
  return order;
}

const owner = (ticket: string): string => ticket.slice(0, ticket.indexOf('-'));
const countBy = (names: readonly string[]): Record<string, number> =>
  names.reduce<Record<string, number>>(
    (counts, name) => ({ ...counts, [name]: (counts[name] ?? 0) + 1 }),
    {},
  );

describe('between tiers', () => {
  test('releases follow the shares 8 : 3 : 1 within 2 %', async () => {
    await Promise.all(
      (['priority', 'standard', 'flex'] as const).map((tier) => enqueueMany(900, tier, { tier })),
    );
    const counts = countBy((await releaseOneByOne(1_000)).map(({ tier }) => tier));
    const shares = { priority: 8, standard: 3, flex: 1 };
    const off = Object.entries(shares).map(([tier, share]) => (counts[tier] ?? 0) - (1_000 * share) / 12);
    expect(Math.max(...off.map(Math.abs))).toBeLessThanOrEqual(20);
  });

  test('what is shared is tokens, not tickets', async () => {
    await enqueueMany(100, 'priority', { tier: 'priority', cost: 800 });
    await enqueueMany(300, 'standard', { tier: 'standard', cost: 100 });
    const counts = countBy((await releaseOneByOne(220)).map(({ tier }) => tier));
    expect(counts['standard']).toBeGreaterThanOrEqual(160);
    expect(counts['priority']).toBeGreaterThanOrEqual(55);
  });

  test('a tier that nobody else needs has all of it', async () => {
    await enqueueMany(20, 'flex', { tier: 'flex' });
    expect(await releaseOneByOne(20)).toHaveLength(20);
  });

  test('a tier that comes late gets its share from then on: no more for the time it was away', async () => {
    await enqueueMany(1_000, 'standard', { tier: 'standard' });
    await releaseOneByOne(300);
    await enqueueMany(500, 'flex', { tier: 'flex' });
    const counts = countBy((await releaseOneByOne(200)).map(({ tier }) => tier));
    expect(counts['flex']).toBeGreaterThanOrEqual(48);
    expect(counts['flex']).toBeLessThanOrEqual(52);
  });

  test('a tier that used everything while it was alone does not pay for it later', async () => {
    await enqueueMany(500, 'early', { tier: 'priority', cost: 1_000 });
    await releaseOneByOne(500);
    await enqueueMany(500, 'flex', { tier: 'flex', cost: 1_000 });
    await releaseOneByOne(5);
    await enqueueMany(10, 'priority', { tier: 'priority', cost: 1_000 });
    const order = (await releaseOneByOne(12)).map(({ tier }) => tier);
    expect(order.filter((tier) => tier === 'priority').length).toBeGreaterThanOrEqual(9);
  });

  test('a tier that nobody drains waits, and is not ahead when somebody does', async () => {
    await enqueueMany(50, 'flex', { tier: 'flex' });
    await enqueueMany(600, 'standard', { tier: 'standard' });
    const before = await releaseOneByOne(400, ['priority', 'standard']);
    expect(new Set(before.map(({ tier }) => tier))).toEqual(new Set(['standard']));
    const counts = countBy((await releaseOneByOne(40)).map(({ tier }) => tier));
    expect(counts['flex']).toBeLessThanOrEqual(12);
    expect(counts['flex']).toBeGreaterThanOrEqual(8);
  });
});

describe('between tenants of a tier', () => {
  test('each gets the same, however much it has queued', async () => {
    await enqueueMany(500, 'big', { tenant: 'big' });
    await enqueueMany(50, 'small', { tenant: 'small' });
    const first = (await releaseOneByOne(100)).map(({ ticket }) => owner(ticket));
    expect(countBy(first)).toEqual({ big: 50, small: 50 });
  });

  test('what is shared is tokens: jobs of three times the size come a third as often', async () => {
    await enqueueMany(300, 'long', { tenant: 'long', cost: 300 });
    await enqueueMany(300, 'short', { tenant: 'short', cost: 100 });
    const counts = countBy((await releaseOneByOne(200)).map(({ ticket }) => owner(ticket)));
    expect(Math.abs((counts['long'] ?? 0) - 50)).toBeLessThanOrEqual(1);
  });

  test('one that comes late is next, but has nothing saved up', async () => {
    await enqueueMany(400, 'early', { tenant: 'early' });
    await releaseOneByOne(200);
    await enqueueMany(100, 'late', { tenant: 'late' });
    const order = (await releaseOneByOne(40)).map(({ ticket }) => owner(ticket));
    expect(order.indexOf('late')).toBeLessThanOrEqual(1);
    expect(countBy(order)).toEqual({ early: 20, late: 20 });
  });

  test('leaving and coming back gains nothing', async () => {
    await enqueueMany(100, 'steady', { tenant: 'steady' });
    const order: string[] = [];
    for (let i = 0; i < 40; i += 1) {
      await enqueue(`hopper-${i}.1`, { tenant: 'hopper' });
      order.push(...(await releaseOneByOne(1)).map(({ ticket }) => owner(ticket)));
    }
    expect(countBy(order)['hopper']).toBeLessThanOrEqual(21);
  });

  test('many tenants take turns', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `t${index}`);
    await Promise.all(names.map((tenant) => enqueueMany(5, tenant, { tenant })));
    const order = (await releaseOneByOne(100)).map(({ ticket }) => owner(ticket));
    for (let turn = 0; turn < 5; turn += 1) {
      expect(new Set(order.slice(turn * 20, turn * 20 + 20)).size).toBe(20);
    }
  });
});

test('within a tenant the earliest deadline goes first', async () => {
  const deadlines = [5, 3, 9, 1, 7];
  for (const hours of deadlines) await enqueue(`job-${hours}.1`, { deadlineMs: FAR + hours * 3_600_000 });
  expect((await releaseOneByOne(5)).map(({ ticket }) => ticket)).toEqual(
    [1, 3, 5, 7, 9].map((hours) => `job-${hours}.1`),
  );
});

describe('delayed tickets', () => {
  async function serverNowMs(): Promise<number> {
    const [seconds, micros] = await fresh.redis.time();
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  }

  test('are not released before they are due, then in the order of their deadlines', async () => {
    const nowMs = await serverNowMs();
    const readyAtMs = nowMs + 80;
    await enqueue('second.1', { readyAtMs, deadlineMs: FAR + 2 });
    await enqueue('first.1', { readyAtMs, deadlineMs: FAR + 1 });
    await enqueue('far.1', { readyAtMs: nowMs + 3_600_000 });
    const early = await tick();
    expect(early.tickets).toEqual([]);
    expect(early.nextDueMs).toBeGreaterThan(0);
    expect(early.nextDueMs).toBeLessThanOrEqual(80);
    const released: string[] = [];
    await expect
      .poll(async () => {
        released.push(...tickets(await tick()));
        return released;
      })
      .toEqual(['first.1', 'second.1']);
    expect(await backlog.place(PROVIDER, 'far.1')).toMatchObject({ status: 'delayed' });
    expect((await tick()).nextDueMs).toBeGreaterThan(3_000_000);
  });

  test('that come due stand where their deadline puts them, neither at the end nor in front', async () => {
    const readyAtMs = (await serverNowMs()) + 20;
    await enqueue('middle.1', { deadlineMs: FAR });
    await enqueue('urgent.2', { deadlineMs: FAR - 5_000, readyAtMs });
    await enqueue('patient.2', { deadlineMs: FAR + 5_000, readyAtMs });
    expect(await backlog.place(PROVIDER, 'urgent.2')).toMatchObject({ status: 'delayed' });
    const depth = async () => {
      await tick({ capacity: 0 });
      return backlog.depth(PROVIDER);
    };
    await expect.poll(depth).toMatchObject({ delayed: 0, waiting: { standard: 3 } });
    expect((await releaseOneByOne(3)).map(({ ticket }) => ticket)).toEqual([
      'urgent.2',
      'middle.1',
      'patient.2',
    ]);
  });
});

describe('how many are ready', () => {
  test('none as long as no worker lives', async () => {
    expect(tickets(await enqueue('a-0.1'))).toEqual([]);
    expect(await backlog.depth(PROVIDER)).toMatchObject({ waiting: { standard: 1 }, ready: 0, capacity: 0 });
    expect(tickets(await tick())).toEqual(['a-0.1']);
  });

  test('without limits, as many as the workers have room for', async () => {
    await enqueueMany(50, 'a');
    expect((await tick({ worker: 'w1', capacity: 5, inflight: 2 })).tickets).toHaveLength(3);
    expect((await tick({ worker: 'w2', capacity: 4, inflight: 0 })).tickets).toHaveLength(4);
    expect((await tick({ worker: 'w2', capacity: 4, inflight: 0 })).tickets).toHaveLength(0);
  });

  test.each([
    ['a slow request rate: two', { requests: 10, tokens: 0, slots: 0 }, 2],
    ['a fast one: 50 ms of it', { requests: 1_000, tokens: 0, slots: 0 }, 50],
    ['a token rate: 50 ms of it in tickets of this cost', { requests: 0, tokens: 20_000, slots: 0 }, 10],
    ['free slots', { requests: 0, tokens: 0, slots: 7 }, 7],
    ['the narrowest of all', { requests: 1_000, tokens: 12_000, slots: 40 }, 6],
  ])('with %s', async (_, pace, expected) => {
    await enqueueMany(200, 'a', { cost: 100 });
    const first = await tick({ pace, capacity: 100 });
    // The first ticket that is released tells what tickets cost.
    const released = [...tickets(first), ...tickets(await tick({ pace, capacity: 100 }))];
    expect(released).toHaveLength(expected);
  });

  test('slots that are taken are not free', async () => {
    await enqueueMany(20, 'a');
    const pace = { requests: 0, tokens: 0, slots: 8 };
    expect((await tick({ pace, capacity: 50, inflight: 4 })).tickets).toHaveLength(4);
  });

  test('never more than there is room, whatever the limits allow', async () => {
    await enqueueMany(20, 'a');
    const pace = { requests: 10_000, tokens: 0, slots: 0 };
    expect((await tick({ pace, capacity: 3, inflight: 2 })).tickets).toHaveLength(1);
  });

  test('a started ticket makes room for the next, a dropped one too', async () => {
    await enqueueMany(5, 'a');
    const pace = { requests: 10, tokens: 0, slots: 0 };
    const [first, second] = tickets(await tick({ pace }));
    const report = (ticket: string, started: boolean) =>
      backlog.report(PROVIDER, { worker: 'w1', inflight: 1, ticket, started });
    expect((await report(first as string, true)).tickets).toHaveLength(1);
    expect((await report(second as string, false)).tickets).toHaveLength(1);
    expect((await report(second as string, false)).tickets).toHaveLength(0);
  });
});

describe('workers', () => {
  test('one that leaves is not counted any more', async () => {
    await tick({ worker: 'w1', capacity: 7 });
    await tick({ worker: 'w2', capacity: 3 });
    expect((await backlog.depth(PROVIDER)).capacity).toBe(10);
    await tick({ worker: 'w1', capacity: 0 });
    expect((await backlog.depth(PROVIDER)).capacity).toBe(3);
  });

  test('one that died is not counted once its row has run out, and the row goes', async () => {
    const rows = `${fresh.broker.keys.backlog(PROVIDER)}:workers`;
    await tick({ worker: 'dead', capacity: 7, inflight: 6 });
    const [capacity, inflight, , tiers] = ((await fresh.redis.hget(rows, 'dead')) as string).split('|');
    await fresh.redis.hset(rows, 'dead', [capacity, inflight, Date.now() - 1, tiers].join('|'));
    await enqueueMany(5, 'a');
    expect(await backlog.depth(PROVIDER)).toMatchObject({ capacity: 0, inflight: 0, ready: 0 });
    expect((await tick({ worker: 'alive', capacity: 2 })).tickets).toHaveLength(2);
    expect(await fresh.redis.hkeys(rows)).toEqual(['alive']);
  });
});

describe('ready tickets that nobody holds', () => {
  test('are handed back as lost, and those that a worker holds are not', async () => {
    await enqueue('held.1');
    await enqueue('lost.1');
    expect(tickets(await tick()).toSorted()).toEqual(['held.1', 'lost.1']);
    const lost: string[] = [];
    await expect
      .poll(
        async () => {
          lost.push(...(await tick({ held: ['held.1'] })).lost);
          return lost;
        },
        { timeout: 10_000 },
      )
      .toEqual(['lost.1']);
    expect(await backlog.depth(PROVIDER)).toMatchObject({ ready: 1 });
    expect(await backlog.place(PROVIDER, 'lost.1')).toEqual({ status: 'absent' });
  });

  test('what was lost does not count as ready: the next ones are released', async () => {
    await enqueueMany(2, 'a');
    expect((await tick({ capacity: 1 })).tickets).toHaveLength(1);
    await expect.poll(async () => tickets(await tick({ capacity: 1 })), { timeout: 10_000 }).toHaveLength(1);
  });
});

describe('one ticket', () => {
  test('is put in once, whether it waits or is ready', async () => {
    await enqueue('a-0.1');
    await enqueue('a-0.1');
    expect((await backlog.depth(PROVIDER)).waiting.standard).toBe(1);
    expect(tickets(await tick())).toEqual(['a-0.1']);
    expect(tickets(await enqueue('a-0.1'))).toEqual([]);
    expect((await backlog.depth(PROVIDER)).waiting.standard).toBe(0);
  });

  test.each([
    ['waiting', {}],
    ['delayed', { readyAtMs: FAR }],
  ] as const)('withdrawn while %s is never released', async (status, changes) => {
    await enqueue('a-0.1', changes);
    expect(await backlog.place(PROVIDER, 'a-0.1')).toMatchObject({ status });
    await backlog.withdraw(PROVIDER, 'a-0.1');
    expect(await backlog.place(PROVIDER, 'a-0.1')).toEqual({ status: 'absent' });
    expect(await backlog.depth(PROVIDER)).toMatchObject({ waiting: { standard: 0 }, delayed: 0 });
    expect(tickets(await tick())).toEqual([]);
    await backlog.withdraw(PROVIDER, 'a-0.1');
  });

  test('withdrawn while ready makes room for the next', async () => {
    await enqueueMany(2, 'a');
    const [first] = tickets(await tick({ capacity: 1 }));
    expect(tickets(await backlog.withdraw(PROVIDER, first as string))).toHaveLength(1);
  });

  test('leaves nothing behind', async () => {
    await enqueueMany(3, 'a', { tenant: 'x' });
    await enqueueMany(3, 'b', { tenant: 'y', tier: 'flex' });
    await releaseOneByOne(6);
    await backlog.withdraw(PROVIDER, 'none.1');
    const left = await fresh.redis.keys(`${fresh.prefix}:backlog:*`);
    expect(left.filter((key) => /:(wait|tenants|meta|delayed|last|virtual)/.test(key))).toEqual([]);
  });
});

describe('the place of a ticket', () => {
  test('counts those of its own tenant that are due before it', async () => {
    for (let i = 0; i < 3; i += 1) await enqueue(`a-${i}.1`, { deadlineMs: FAR + i });
    for (let i = 0; i < 3; i += 1) {
      expect(await backlog.place(PROVIDER, `a-${i}.1`)).toMatchObject({ status: 'waiting', before: i });
    }
  });

  test('and of the others as many as take turns with it', async () => {
    await enqueueMany(10, 'big', { tenant: 'big' });
    await enqueue('own-0.1', { tenant: 'own', deadlineMs: FAR });
    await enqueue('own-1.1', { tenant: 'own', deadlineMs: FAR + 1 });
    expect(await backlog.place(PROVIDER, 'own-0.1')).toMatchObject({ before: 1 });
    expect(await backlog.place(PROVIDER, 'own-1.1')).toMatchObject({ before: 3 });
  });

  test('ready, or nowhere', async () => {
    await enqueue('a-0.1');
    await tick();
    expect(await backlog.place(PROVIDER, 'a-0.1')).toEqual({ status: 'ready' });
    expect(await backlog.place(PROVIDER, 'a-0.2')).toEqual({ status: 'absent' });
  });
});

test('providers do not see each other', async () => {
  await enqueue('a-0.1');
  const other = await backlog.tick('google', {
    worker: 'w1',
    capacity: 10,
    inflight: 0,
    tiers: ['standard'],
    pace: NO_LIMITS,
    held: [],
  });
  expect(other.tickets).toEqual([]);
  expect((await backlog.depth('google')).waiting.standard).toBe(0);
});

test('tickets that are overdue are named, at most so many of each tenant', async () => {
  await enqueueMany(3, 'late', { deadlineMs: Date.now() - 1_000 });
  await enqueueMany(3, 'other', { deadlineMs: Date.now() - 1_000, tenant: 'other', tier: 'flex' });
  await enqueueMany(3, 'fine');
  expect(countBy((await backlog.overdue(PROVIDER, 2)).map(owner))).toEqual({ late: 2, other: 2 });
});
