import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestRedis, type TestRedis } from '../../../test/support/redis-for-tests.ts';
import { RedisUnavailableError } from './broker.ts';
import { createDurabilityGate } from './durability.ts';

let server: TestRedis;
let redis: Redis;
const closers: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  // By default a server waits 5 s for further replicas before it begins to send.
  server = await startTestRedis({ settings: ['--repl-diskless-sync-delay', '0'] });
  redis = new Redis(server.url);
  closers.push(
    () => server.close(),
    async () => redis.disconnect(),
  );
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const calls = async (command: string): Promise<number> =>
  Number(
    new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(await redis.info('commandstats'))?.[1] ?? 0,
  );

async function startReplica(): Promise<TestRedis> {
  const { hostname, port } = new URL(server.url);
  const replica = await startTestRedis({ settings: ['--replicaof', hostname, port] });
  closers.push(() => replica.close());
  await expect.poll(() => redis.info('replication'), { timeout: 20_000 }).toMatch(/slave0:.*state=online/);
  return replica;
}

test('memory, and appendfsync always, have nothing to ask for', async () => {
  await createDurabilityGate({ redis, mode: 'memory', syncsEveryWrite: false, timeoutMs: 100 }).confirm();
  await createDurabilityGate({ redis, mode: 'fsync', syncsEveryWrite: true, timeoutMs: 100 }).confirm();
  expect((await calls('wait')) + (await calls('waitaof'))).toBe(0);
});

test('replicated: one question for all that ask at the same time, a new one for those that come later', async () => {
  await startReplica();
  const gate = createDurabilityGate({ redis, mode: 'replicated', syncsEveryWrite: false, timeoutMs: 10_000 });
  await redis.set('a', '1');
  await Promise.all(Array.from({ length: 100 }, () => gate.confirm()));
  expect(await calls('wait')).toBe(1);
  await gate.confirm();
  expect(await calls('wait')).toBe(2);
});

test('replicated: what is confirmed is at the replica', async () => {
  const replica = new Redis((await startReplica()).url);
  closers.push(async () => replica.disconnect());
  const gate = createDurabilityGate({ redis, mode: 'replicated', syncsEveryWrite: false, timeoutMs: 10_000 });
  for (let i = 0; i < 20; i += 1) {
    const [, , seen] = await Promise.all([
      redis.set('counter', i),
      gate.confirm(),
      gate.confirm().then(() => replica.get('counter')),
    ]);
    expect(Number(seen)).toBe(i);
  }
});

test('replicated: refused when no replica confirms in time, and asked anew afterwards', async () => {
  const gate = createDurabilityGate({ redis, mode: 'replicated', syncsEveryWrite: false, timeoutMs: 50 });
  const answers = await Promise.allSettled([gate.confirm(), gate.confirm()]);
  for (const answer of answers) {
    expect(answer.status).toBe('rejected');
    expect(answer.status === 'rejected' && answer.reason).toBeInstanceOf(RedisUnavailableError);
  }
  await startReplica();
  const patient = createDurabilityGate({
    redis,
    mode: 'replicated',
    syncsEveryWrite: false,
    timeoutMs: 10_000,
  });
  await redis.set('a', '1');
  await patient.confirm();
});

test('fsync: a server that knows WAITAOF is asked, on the connection that wrote', async ({ skip }) => {
  const known = ((await redis.call('COMMAND', 'INFO', 'WAITAOF')) as unknown[])[0] !== null;
  skip(!known, 'WAITAOF is known to Redis 7.2 and later');
  const gate = createDurabilityGate({ redis, mode: 'fsync', syncsEveryWrite: false, timeoutMs: 10_000 });
  await redis.set('a', '1');
  await Promise.all([gate.confirm(), gate.confirm()]);
  expect(await calls('waitaof')).toBe(1);
});
