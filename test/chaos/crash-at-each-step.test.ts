import { TERMINAL_JOB_EVENT_TYPES } from '@sluice/contracts';
import type { FaultRuleInput } from '@sluice/simulator';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CrashTask } from '../support/crash-child.ts';
import { createCrashScene, type CrashScene } from '../support/crash-scene.ts';
import { startTestRedis, type TestRedis } from '../support/redis-for-tests.ts';
import { until } from '../support/until.ts';

type Crash = Pick<CrashTask, 'role' | 'point'>;

interface Scenario {
  name: string;
  /** The processes that are killed, one after the other. */
  crashes: readonly Crash[];
  /** A worker is alive when the job is submitted, so that its ticket is released at once. */
  released?: true;
  /** The job's id was drawn for it, as without an Idempotency-Key: it is stored in one go and not sent again. */
  idIsNew?: true;
  fault?: Omit<FaultRuleInput, 'account'>;
  stream?: true;
  /** A caller waits for the job, so that its ticket describes it. */
  waitedFor?: true;
}

const script = (role: Crash['role'], when: 'before' | 'after', name: string): Crash => ({
  role,
  point: { when, what: { script: name } },
});
/** A ticket is added on the connection for queues; what workers do with tickets runs on another. */
const beforeTicket = (role: Crash['role']): Crash => ({
  role,
  point: { when: 'before', what: { connectionName: 'sluice-queue', keyIncludes: '{openai.standard}' } },
});
const killedByParent: Crash = { role: 'worker', point: null };

const SCENARIOS: readonly Scenario[] = [
  { name: 'submit: after the open entry', crashes: [script('submit', 'before', 'create')] },
  { name: 'submit: after the record', crashes: [script('submit', 'after', 'create')] },
  { name: 'submit: after the place in the queue', crashes: [script('submit', 'after', 'enqueue')] },
  {
    name: 'submit in one go: after the record',
    crashes: [script('submit', 'after', 'create')],
    idIsNew: true,
  },
  { name: 'submit: after the release, before the ticket', crashes: [beforeTicket('submit')], released: true },
  { name: 'worker: after the release, before the ticket', crashes: [beforeTicket('worker')] },
  { name: 'worker: before the start', crashes: [script('worker', 'before', 'start')] },
  { name: 'worker: after the start', crashes: [script('worker', 'after', 'start')] },
  {
    name: 'worker: in the middle of the call',
    crashes: [killedByParent],
    fault: { kind: 'hang_before_headers', times: 1 },
  },
  {
    name: 'worker: in the middle of the stream',
    crashes: [killedByParent],
    fault: { kind: 'hang_mid_stream', times: 1, after_tokens: 5 },
    stream: true,
  },
  { name: 'worker: after the call, before the finish', crashes: [script('worker', 'before', 'finish')] },
  { name: 'worker: after the finish, before the flush', crashes: [script('worker', 'after', 'finish')] },
  {
    name: 'worker: after the webhook, before it is flushed',
    crashes: [script('worker', 'before', 'flushed')],
  },
  {
    name: 'worker: after the flush, before the open entry is gone',
    crashes: [script('worker', 'after', 'flushed')],
  },
  {
    name: 'worker: before the requeue',
    crashes: [script('worker', 'before', 'requeue')],
    fault: { kind: 'server_error', times: 1 },
  },
  {
    name: 'worker: after the requeue, before the place',
    crashes: [script('worker', 'after', 'requeue')],
    fault: { kind: 'server_error', times: 1 },
  },
  {
    name: 'worker: after the new turn of a lost ticket, before its place',
    crashes: [beforeTicket('worker'), script('worker', 'after', 'reticket')],
  },
  { name: 'worker: twice before the ticket', crashes: [beforeTicket('worker'), beforeTicket('worker')] },
  {
    name: 'worker: twice in the middle of the turn',
    crashes: [script('worker', 'after', 'start'), script('worker', 'before', 'finish')],
  },
  {
    name: 'worker: twice in the middle of a turn that the ticket describes',
    crashes: [script('worker', 'after', 'start'), script('worker', 'before', 'finish')],
    released: true,
    waitedFor: true,
  },
  {
    name: 'dispatcher: in the sweep, before a lost job is queued',
    crashes: [script('submit', 'after', 'create'), script('dispatcher', 'before', 'enqueue')],
  },
  {
    name: 'dispatcher: in the sweep, after a lost job is queued',
    crashes: [script('submit', 'after', 'create'), script('dispatcher', 'after', 'enqueue')],
  },
  {
    name: 'dispatcher: in the sweep, after the webhook, before it is flushed',
    crashes: [script('worker', 'after', 'finish'), script('dispatcher', 'before', 'flushed')],
  },
];

const POLL = { timeout: 30_000, interval: 25 };

let server: TestRedis;
let scene: CrashScene;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.close());
afterEach(() => scene.close());

/** Until the worker that the parent is to kill is in the middle of its work. */
function isCalling(): Promise<unknown> {
  const { fresh, job, simulator } = scene;
  const streamed = async () => (await fresh.events(job.id)).some(({ type }) => type === 'job.delta');
  const running = () => simulator.control.summary().running === 1;
  return until(job.request.stream === true ? streamed : running, { what: 'a call that runs' });
}

/** Tickets are released as they come: to a worker that then does nothing. */
async function releaseAtOnce(): Promise<void> {
  const pace = { requests: 0, tokens: 0, slots: 0 };
  const worker = { worker: 'gone', capacity: 1, inflight: 0, tiers: ['standard'] as const, pace, held: [] };
  await scene.fresh.broker.backlog.tick('openai', worker);
}

test.each(SCENARIOS)('$name', async (scenario) => {
  const { crashes, fault, released, idIsNew = false, stream = false } = scenario;
  scene = await createCrashScene(server.url, scenario);
  const { job, fresh, simulator, webhookIds } = scene;
  const { backlog, keys } = fresh.broker;
  if (fault) await simulator.control.setFaults([{ account: 'openai', ...fault }]);
  if (released) await releaseAtOnce();
  const submits = crashes[0]?.role === 'submit';
  if (!submits) await fresh.broker.jobs.submit(job);

  for (const crash of crashes) await scene.crash(crash, isCalling);
  expect(simulator.control.summary().calls).toBeLessThanOrEqual(crashes.length);
  // A caller whose submission got no answer sends it again, with its Idempotency-Key.
  if (submits && !idIsNew) await fresh.broker.jobs.submit(job);
  await scene.startHealthy();

  await expect.poll(async () => (await fresh.record(job.id)).status, POLL).toBe('completed');
  await expect.poll(() => fresh.openIds(), POLL).toEqual([]);
  await expect.poll(() => webhookIds.length, POLL).toBeGreaterThan(0);
  await expect.poll(() => fresh.ticketsInQueue('openai'), POLL).toEqual([]);

  const record = await fresh.record(job.id);
  expect(record).toMatchObject({ owner: null, openAttempt: 0, result: { object: 'chat.completion' } });
  expect(record.attempts.at(-1)?.status).toBe('succeeded');
  expect(record.attempts.filter(({ status }) => status === 'succeeded')).toHaveLength(1);
  expect(record.attempts.length).toBeLessThanOrEqual(1 + crashes.length);

  const events = await fresh.events(job.id);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.filter(({ type }) => TERMINAL_JOB_EVENT_TYPES.has(type))).toEqual([events.at(-1)]);
  expect(events.filter(({ type }) => type === 'job.restarted')).toHaveLength(stream ? 1 : 0);

  expect(new Set(webhookIds).size).toBe(1);
  expect(simulator.control.summary().calls).toBeGreaterThanOrEqual(1);
  expect(simulator.control.summary().calls).toBeLessThanOrEqual(1 + crashes.length);
  expect(await fresh.redis.exists(keys.outbox(job.id))).toBe(0);
  expect(await fresh.redis.zrange(keys.index(job.tenant, 'completed'), '0', '-1')).toEqual([job.id]);
  expect(await fresh.redis.exists(keys.index(job.tenant, 'open'))).toBe(0);
  expect(await backlog.depth('openai')).toMatchObject({
    waiting: { priority: 0, standard: 0, flex: 0 },
    delayed: 0,
    ready: 0,
  });
});

test('a job that was cancelled after its ticket was written calls nobody', async () => {
  scene = await createCrashScene(server.url, { waitedFor: true });
  const { job, fresh, simulator } = scene;
  await releaseAtOnce();
  await fresh.broker.jobs.submit(job);
  await expect.poll(() => fresh.ticketsInQueue('openai'), POLL).toEqual([`${job.id}.1`]);
  await fresh.broker.jobs.cancel(job.id, job.tenant);
  await scene.startHealthy();
  await expect.poll(() => fresh.ticketsInQueue('openai'), POLL).toEqual([]);
  await expect.poll(() => fresh.openIds(), POLL).toEqual([]);
  expect(await fresh.record(job.id)).toMatchObject({ status: 'cancelled', attempts: [] });
  expect(simulator.control.summary().calls).toBe(0);
});
