import type { Job, ProviderStatus } from '@sluice/contracts';
import type { SimulatorConfigInput } from '@sluice/simulator';
import { afterEach, describe, expect, test } from 'vitest';
import {
  BATCH_TARGETS,
  SCALED_LANES,
  startBatchLaneStack,
  type BatchLaneStack,
} from '../support/batch-lane-stack.ts';
import type { StackOptions } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

let stack: BatchLaneStack;
afterEach(() => stack.close());

const start = async (options: StackOptions = {}): Promise<BatchLaneStack> =>
  (stack = await startBatchLaneStack(options));
const batches = () => stack.simulator.control.batches();
const lanesOf = (job: Job): string[] => job.attempts.map(({ lane, status }) => `${lane} ${status}`);
const runs = async (provider: string): Promise<ProviderStatus['batch']> =>
  ((await (await stack.request(`/v1/providers/${provider}`)).json()) as ProviderStatus).batch;
const forgotten = (provider: string) =>
  until(async () => (await runs(provider)).runs.length === 0, { what: 'no run to be left' });

describe.each(BATCH_TARGETS)('batches of %s', (target) => {
  const [account] = target.split('/') as [string];
  // Gemini's results can only be had of a batch that has succeeded.
  const partly = account === 'google' ? [] : ['batch succeeded'];
  const chain = [target];
  const behave = (batch: SimulatorConfigInput['batch']): StackOptions => ({ simulator: { batch } });

  test('jobs that have time run in one batch, each finished as any job and at half the price', async () => {
    await start();
    const submitted = await stack.submitMany(8, { chain });
    expect(submitted[0]).toMatchObject({
      lane: 'batch',
      decision: { lane: { lane: 'batch', reason: 'cheapest_in_time' } },
    });
    const jobs = await stack.allEnded(submitted);
    const live = await stack.ended((await stack.submitOne(0, { chain, lane: 'live' })).id);
    for (const job of jobs) {
      expect(job).toMatchObject({ status: 'completed', result: { object: 'chat.completion' } });
      expect(job.attempts).toMatchObject([{ lane: 'batch', status: 'succeeded', target }]);
    }
    expect(jobs[0]?.usage).toEqual(live.usage);
    expect(jobs[0]?.cost_usd).toBeCloseTo((live.cost_usd as number) / 2, 10);
    expect(batches()).toMatchObject([{ account }]);
    await forgotten(account);
  });

  test('lines that fail go on along their chain, live', async () => {
    await start(behave({ failed_share: 0.5 }));
    const jobs = await stack.allEnded(await stack.submitMany(12, { chain }));
    expect(jobs.map(({ status }) => status)).toEqual(Array(12).fill('completed'));
    const ways = new Set(jobs.map((job) => lanesOf(job).join(', ')));
    expect(ways).toEqual(new Set(['batch succeeded', 'batch failed, live succeeded']));
  });

  test('lines without a result are found by the ledger, and those that come twice change nothing', async () => {
    await start(behave({ missing_share: 0.4, doubled_share: 0.4 }));
    const jobs = await stack.allEnded(await stack.submitMany(16, { chain }));
    expect(jobs.map(({ status }) => status)).toEqual(Array(16).fill('completed'));
    expect(new Set(jobs.map((job) => lanesOf(job).join(', ')))).toEqual(
      new Set(['batch succeeded', 'batch abandoned, live succeeded']),
    );
    for (const job of jobs) {
      const events = await (await stack.request(`/v1/jobs/${job.id}/events`)).text();
      expect(events.split('event: job.completed')).toHaveLength(2);
    }
    await forgotten(account);
  });

  test('what a batch did not answer before it expired runs live, without using up a round', async () => {
    await start(behave({ expired_share: 0.5, window_ms: 400 }));
    const jobs = await stack.allEnded(await stack.submitMany(12, { chain }));
    expect(jobs.map(({ status }) => status)).toEqual(Array(12).fill('completed'));
    expect(new Set(jobs.map((job) => lanesOf(job).join(', ')))).toEqual(
      new Set([...partly, 'batch abandoned, live succeeded']),
    );
  });

  test('a batch that never ends is taken back, what it has answered is kept, and all are done in time', async () => {
    await start(behave({ stalls: { at: 0.5 }, cancelling_ms: 200 }));
    const submitted = await stack.submitMany(10, { chain, within: '6500ms' });
    const jobs = await stack.allEnded(submitted, 25_000);
    for (const job of jobs) {
      expect(job.status).toBe('completed');
      expect(Date.parse(job.finished_at as string)).toBeLessThan(Date.parse(job.deadline));
    }
    expect(new Set(jobs.map((job) => lanesOf(job).join(', ')))).toEqual(
      new Set([...partly, 'batch abandoned, live succeeded']),
    );
    await forgotten(account);
  });

  test('when the provider does not end a batch in time its lines run beside it', async () => {
    await start(behave({ stalls: { at: 0 }, cancelling_ms: 3_600_000 }));
    const submitted = await stack.submitMany(6, { chain, within: '6500ms' });
    const jobs = await stack.allEnded(submitted, 25_000);
    for (const job of jobs) {
      expect(job.status).toBe('completed');
      expect(Date.parse(job.finished_at as string)).toBeLessThan(Date.parse(job.deadline));
      expect(lanesOf(job)).toEqual(['batch abandoned', 'live succeeded']);
    }
  });

  test.each(['lost_response', 'cut_stream', 'bad_gateway'] as const)(
    'the answer to a create is lost (%s): the batch is found and no second one made',
    async (kind) => {
      await start();
      await stack.simulator.control.setFaults([
        { account, kind, api: 'batch', operation: 'create', times: 1 },
      ]);
      const jobs = await stack.allEnded(await stack.submitMany(5, { chain }));
      expect(jobs.map((job) => lanesOf(job).join(', '))).toEqual(Array(5).fill('batch succeeded'));
      expect(batches()).toHaveLength(1);
    },
  );

  test('a 404 right after the create, and between two looks, changes nothing', async () => {
    await start(behave({ processing_ms: { min: 300, max: 300 } }));
    await stack.simulator.control.setFaults([
      { account, kind: 'not_found', api: 'batch', operation: 'retrieve', times: 2 },
      { account, kind: 'not_found', api: 'batch', operation: 'retrieve', from_call: 4, times: 1 },
      { account, kind: 'unavailable', api: 'batch', operation: 'results', times: 1 },
    ]);
    const jobs = await stack.allEnded(await stack.submitMany(5, { chain }));
    expect(jobs.map((job) => lanesOf(job).join(', '))).toEqual(Array(5).fill('batch succeeded'));
  });

  test('a cancelled line is only marked: its cost is booked and its result dropped', async () => {
    await start(behave({ processing_ms: { min: 800, max: 800 } }));
    const [first, ...others] = (await stack.submitMany(4, { chain })) as [Job, ...Job[]];
    await until(async () => (await stack.job(first.id)).status === 'in_progress', { what: 'the batch' });
    await stack.request(`/v1/jobs/${first.id}/cancel`, { method: 'POST' });
    await stack.allEnded(others);
    await forgotten(account);
    const job = await stack.job(first.id);
    expect(job).toMatchObject({ status: 'cancelled', result: null, attempts: [{ status: 'cancelled' }] });
    expect(job.cost_usd).toBeGreaterThan(0);
  });

  test('a job expires at its deadline also while it is a line', async () => {
    await start(behave({ stalls: { at: 0 } }));
    const job = await stack.submitOne(1, { chain, lane: 'batch', within: '1500ms' });
    expect(job.warnings).toMatchObject([{ code: 'deadline_at_risk' }]);
    const ended = await stack.ended(job.id);
    expect(ended).toMatchObject({ status: 'expired', error: { code: 'expired' } });
    const lateMs = Date.parse(ended.finished_at as string) - Date.parse(ended.deadline);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(1_500);
  });

  test('a Batch API that is out opens the breaker of its lane only', async () => {
    await start({ config: { breaker: { cooldown: '500ms', max_cooldown: '1s' } } });
    await stack.simulator.control.setFaults([{ account, kind: 'server_error', api: 'batch' }]);
    const waiting = await stack.submitMany(3, { chain });
    const breakers = async () => {
      const shown = (await (await stack.request(`/v1/providers/${account}`)).json()) as {
        health: { lane: string; breaker: { state: string } }[];
      };
      return shown.health.filter(({ breaker }) => breaker.state !== 'closed').map(({ lane }) => lane);
    };
    await until(async () => (await breakers()).includes('batch'), { what: 'the breaker of the batch lane' });
    expect(await breakers()).toEqual(['batch']);
    const live = await stack.ended((await stack.submitOne(1, { chain, lane: 'live' })).id);
    expect(live.status).toBe('completed');
    // What comes now is planned around it, and what waits is done all the same.
    await until(async () => (await stack.submitOne(2, { chain })).lane !== 'batch', { what: 'another lane' });
    await stack.simulator.control.setFaults([]);
    const jobs = await stack.allEnded(waiting, 25_000);
    expect(jobs.map(({ status }) => status)).toEqual(Array(3).fill('completed'));
  });
});

describe('the collector', () => {
  test('keeps models apart and shows its runs', async () => {
    await start({ simulator: { batch: { processing_ms: { min: 600, max: 600 } } } });
    const submitted = [
      ...(await stack.submitMany(3)),
      ...(await stack.submitMany(2, { chain: ['openai/gpt-5.4-nano'] })),
    ];
    const shown = await until(
      async () => {
        const found = await runs('openai');
        return found.runs.filter(({ state }) => state === 'polling').length === 2 ? found : null;
      },
      { what: 'two runs' },
    );
    expect(shown.runs.map(({ lines }) => lines).toSorted((a, b) => a - b)).toEqual([2, 3]);
    await stack.allEnded(submitted);
    expect(batches()).toHaveLength(2);
  });

  test('sends no more at once than the provider may hold in its queue', async () => {
    await start({
      config: { providers: { openai: { limits: { queued_batch_tokens: 4_000 } } } },
      simulator: { batch: { processing_ms: { min: 300, max: 300 } } },
    });
    const jobs = await stack.allEnded(await stack.submitMany(20));
    expect(jobs.map((job) => lanesOf(job).join(', '))).toEqual(Array(20).fill('batch succeeded'));
    expect(batches().length).toBeGreaterThan(1);
    await forgotten('openai');
  });

  test('does not put jobs into batches that are larger than configured', async () => {
    await start({
      config: { lanes: { ...SCALED_LANES, batch: { ...SCALED_LANES.batch, max_lines: 4 } } },
    });
    const jobs = await stack.allEnded(await stack.submitMany(10));
    expect(jobs.map((job) => lanesOf(job).join(', '))).toEqual(Array(10).fill('batch succeeded'));
    expect(batches()).toHaveLength(3);
  });

  test('a whole batch that is refused sends its lines on along their chain', async () => {
    await start();
    await stack.simulator.control.setFaults([
      { account: 'openai', kind: 'billing', api: 'batch', operation: 'create' },
    ]);
    const jobs = await stack.allEnded(
      await stack.submitMany(3, { chain: ['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5'] }),
    );
    for (const job of jobs) {
      expect(job.status).toBe('completed');
      expect(job.attempts).toMatchObject([
        { lane: 'batch', status: 'failed', error: { code: 'billing' } },
        { lane: 'live', target: 'anthropic/claude-haiku-4-5', status: 'succeeded' },
      ]);
    }
  });

  test('jobs that are cancelled while they wait are in no batch', async () => {
    await start();
    const [first, ...others] = (await stack.submitMany(4)) as [Job, ...Job[]];
    await stack.request(`/v1/jobs/${first.id}/cancel`, { method: 'POST' });
    await stack.allEnded(others);
    expect(batches()).toMatchObject([{ counts: { total: 3 } }]);
    expect(await stack.job(first.id)).toMatchObject({ status: 'cancelled', attempts: [] });
  });
});
