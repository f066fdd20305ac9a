import { TERMINAL_JOB_EVENT_TYPES } from '@sluice/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createBatchCrashScene, type BatchCrashScene } from '../support/batch-crash-scene.ts';
import type { CrashPoint } from '../support/crash-point.ts';
import { startTestRedis, type TestRedis } from '../support/redis-for-tests.ts';

const script = (when: CrashPoint['when'], name: string, nth = 1): CrashPoint => ({
  when,
  what: { script: name },
  nth,
});

/** The steps of a run in their order: the process is killed before each is written, and before what it announces is done. */
const STEPS: readonly [string, CrashPoint[]][] = [
  ['before the run is known', [script('before', 'lane/open-run')]],
  ['after the run is known, before room is taken in the queue', [script('after', 'lane/open-run')]],
  ['before lines are taken', [script('before', 'lane/fill-run')]],
  ['after lines are taken, before an attempt is opened', [script('after', 'lane/fill-run')]],
  ['in the middle of opening attempts', [script('after', 'join-run', 2)]],
  ['after the attempts are opened', [script('before', 'lane/advance-run', 1)]],
  ['before the upload', [script('after', 'lane/advance-run', 1)]],
  ['after the upload, before it is known', [script('before', 'lane/advance-run', 2)]],
  ['before the batch is created', [script('after', 'lane/advance-run', 2)]],
  ['after the batch is created, before it is known', [script('before', 'lane/advance-run', 3)]],
  ['before the first look', [script('after', 'lane/advance-run', 3)]],
  ['when the batch has ended', [script('before', 'lane/advance-run', 4)]],
  ['before results are read', [script('after', 'lane/advance-run', 4)]],
  ['before the first result is stored', [script('before', 'finish', 1)]],
  ['after some results are stored', [script('after', 'finish', 2)]],
  ['before lines are noted as settled', [script('before', 'lane/settle-lines')]],
  ['after lines are noted as settled', [script('after', 'lane/settle-lines')]],
  ['before the run is closed', [script('before', 'lane/close-run')]],
  ['after the run is closed', [script('after', 'lane/close-run')]],
  [
    'twice: before the batch is created, and after it is',
    [script('after', 'lane/advance-run', 2), script('before', 'lane/advance-run', 1)],
  ],
  [
    'twice: in the results and before the run is closed',
    [script('after', 'finish', 1), script('before', 'lane/close-run')],
  ],
];

const JOBS = 4;
const POLL = { timeout: 30_000, interval: 25 };

let server: TestRedis;
let scene: BatchCrashScene;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.close());
afterEach(() => scene.close());

describe.each(['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5'] as const)('a batch at %s', (target) => {
  const [provider] = target.split('/') as [string];

  test.each(STEPS)('%s', async (_name, points) => {
    scene = await createBatchCrashScene(server.url, { target, count: JOBS });
    const { fresh, simulator, jobs } = scene;
    await scene.submit();
    for (const point of points) await scene.crash(point);
    await scene.startHealthy();

    const statuses = () => Promise.all(jobs.map(async ({ id }) => (await fresh.record(id)).status));
    await expect.poll(statuses, POLL).toEqual(jobs.map(() => 'completed'));
    await expect.poll(() => fresh.openIds(), POLL).toEqual([]);
    await expect
      .poll(() => fresh.broker.laneRuns.overview(provider), POLL)
      .toMatchObject({ waiting: 0, runs: [] });

    for (const { id } of jobs) {
      const record = await fresh.record(id);
      expect(record).toMatchObject({ owner: null, openAttempt: 0, hedged: 0 });
      expect(record.attempts).toMatchObject([{ n: 1, lane: 'batch', status: 'succeeded' }]);
      const events = await fresh.events(id);
      expect(events.map(({ type }) => type)).toEqual(['job.queued', 'job.started', 'job.completed']);
      expect(events.filter(({ type }) => TERMINAL_JOB_EVENT_TYPES.has(type))).toHaveLength(1);
    }
    // No line was lost, and none was paid for twice or live.
    const batches = simulator.control.batches();
    expect(batches).toMatchObject([{ counts: { total: JOBS, succeeded: JOBS } }]);
    const paid = simulator.control.bill().reduce((sum, { calls }) => sum + calls, 0);
    expect(paid).toBe(JOBS);
    expect(await fresh.redis.keys(`${fresh.prefix}:lane:*:meta`)).toEqual([]);
    expect(await fresh.redis.keys(`${fresh.prefix}:lane:*:due`)).toEqual([]);
  });
});
