import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';

const LIMITS = { requests_per_minute: 600, burst_requests: 10 };
const JOBS = 150;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    workers: 0,
    simulator: {
      latency: { p50_ms: 50 },
      accounts: {
        openai: { kind: 'openai', limits: LIMITS },
        anthropic: { kind: 'anthropic' },
        google: { kind: 'google' },
      },
    },
    config: { providers: { openai: { limits: LIMITS } } },
  });
});
afterAll(() => stack.close());

test('four processes use a limit of 600 requests a minute and never go over it, from the first call on', async () => {
  await Promise.all([1, 2, 3, 4].map(() => stack.spawnWorker(['openai'])));
  const jobs = await Promise.all(
    Array.from({ length: JOBS }, (_, n) =>
      stack.submit({
        request: { model: 'openai/gpt-5.4-mini', messages: [{ role: 'user', content: `Job ${n}` }] },
      }),
    ),
  );
  const ended = await Promise.all(jobs.map(({ id }) => stack.ended(id, 55_000)));

  expect(ended.filter(({ status }) => status !== 'completed')).toEqual([]);
  const { control } = stack.simulator;
  expect(control.overshoots()).toEqual([]);
  const calls = control.calls();
  expect(calls.filter(({ status }) => status !== 200)).toEqual([]);
  expect(calls).toHaveLength(JOBS);
  const seconds = ((calls.at(-1)?.at_ms ?? 0) - (calls[0]?.at_ms ?? 0)) / 1_000;
  const used = (JOBS - 1) / (seconds * 10);
  console.log(`used ${(used * 100).toFixed(1)} % of 600 requests/min by four processes, no call refused`);
  expect(used).toBeGreaterThan(0.97);
});
