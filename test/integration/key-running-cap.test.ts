import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ workers: 2, simulator: { latency: { p50_ms: 150, tokens_per_second: 0 } } });
});
afterAll(() => stack.close());

test('a key has no more calls at once than it may, in all workers together, and all its jobs run', async () => {
  const json = { 'content-type': 'application/json' };
  const made = await stack.request('/v1/keys', {
    method: 'POST',
    body: JSON.stringify({ name: 'narrow', limits: { running_jobs: 2 } }),
    headers: json,
  });
  const { key } = (await made.json()) as { key: string };
  const request = { messages: [{ role: 'user', content: 'Hello' }], model: 'openai/gpt-5.4-mini' };
  const most = { running: 0 };
  const watch = setInterval(() => {
    most.running = Math.max(most.running, stack.simulator.control.summary().running);
  }, 5);
  try {
    const jobs = await Promise.all(
      Array.from({ length: 8 }, () => stack.submit({ request }, { authorization: `Bearer ${key}` })),
    );
    const ended = await Promise.all(jobs.map(({ id }) => stack.ended(id)));
    expect(ended.map(({ status }) => status)).toEqual(jobs.map(() => 'completed'));
    expect(ended.every(({ attempts }) => attempts.length === 1)).toBe(true);
  } finally {
    clearInterval(watch);
  }
  expect(most.running).toBe(2);
});
