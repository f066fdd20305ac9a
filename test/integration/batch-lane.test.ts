import type { Job } from '@sluice/contracts';
import { afterEach, describe, expect, test } from 'vitest';
import { startStack, type Stack, type StackOptions } from '../support/start-stack.ts';

/** Durations of the real thing, scaled down; jobs have a minute where others have a day. */
const LANES = {
  batch: {
    min_window: '20s',
    collect: '150ms',
    poll: '40ms',
    longest_poll: '150ms',
    look: '60ms',
    looks: 3,
    missing: '2s',
    lease: '1s',
  },
  hedge: { cancel: '1s', margin: '1s', lines_per_minute: 6_000 },
  flex: { min_window: '5s', pause: '50ms' },
};
const CHAIN = ['openai/gpt-5.4-mini'];

let stack: Stack;
afterEach(() => stack.close());

const start = async (options: StackOptions = {}): Promise<Stack> =>
  (stack = await startStack({
    sweepAfterMs: 500,
    ...options,
    config: { lanes: LANES, ...options.config },
  }));

const submit = (n: number, changes: object = {}): Promise<Job> =>
  stack.submit({
    request: { messages: [{ role: 'user', content: `What is ${n} plus ${n}?` }] },
    chain: CHAIN,
    tier: 'flex',
    within: '60s',
    ...changes,
  });
const submitMany = (count: number, changes: object = {}): Promise<Job[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => submit(n, changes)));
const allEnded = (jobs: readonly Job[]): Promise<Job[]> => Promise.all(jobs.map(({ id }) => stack.ended(id)));

describe('the batch lane', () => {
  test('runs jobs that have time in one batch, each finished as any job and at half the price', async () => {
    await start();
    const submitted = await submitMany(8);
    expect(submitted[0]).toMatchObject({
      lane: 'batch',
      decision: { lane: { lane: 'batch', reason: 'cheapest_in_time' } },
    });
    const jobs = await allEnded(submitted);
    const live = await stack.ended((await submit(0, { lane: 'live' })).id);
    for (const job of jobs) {
      expect(job).toMatchObject({ status: 'completed', result: { object: 'chat.completion' } });
      expect(job.attempts).toMatchObject([{ lane: 'batch', status: 'succeeded', target: CHAIN[0] }]);
    }
    const [first] = jobs;
    expect(first?.usage).toEqual(live.usage);
    expect(first?.cost_usd).toBeCloseTo((live.cost_usd as number) / 2, 10);
  });
});
