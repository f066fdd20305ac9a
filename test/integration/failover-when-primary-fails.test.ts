import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Job } from '@sluice/contracts';
import { startStack, type Stack } from '../support/start-stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

test('300 jobs at three tiers complete although the primary refuses three quarters of its calls', async () => {
  await stack.simulator.control.setFaults([
    { account: 'openai', kind: 'unavailable', probability: 0.5 },
    { account: 'openai', kind: 'rate_limited', probability: 0.25, retry_after_s: 1 },
  ]);
  const tiers = ['priority', 'standard', 'flex'];
  const submitted = await Promise.all(
    Array.from({ length: 300 }, (_, n) =>
      stack.submit({
        tier: tiers[n % 3],
        // Batches of the provider's own are another matter.
        lane: 'live',
        request: { messages: [{ role: 'user', content: `Question ${n}` }] },
      }),
    ),
  );
  const jobs = await Promise.all(submitted.map(({ id }) => stack.ended(id, 50_000)));

  expect(jobs.filter(({ status }) => status !== 'completed')).toEqual([]);
  for (const job of jobs) {
    expect(await terminalEvents(job)).toHaveLength(1);
    expect(job.attempts.at(-1)?.status).toBe('succeeded');
    expect(job.result?.choices[0]?.message.content).toBeTruthy();
  }
  // What the jobs say was tried is what the providers saw.
  const calls = stack.simulator.control.calls();
  const attempts = jobs.flatMap((job) => job.attempts);
  for (const account of ['openai', 'anthropic', 'google']) {
    const seen = calls.filter((call) => call.account === account);
    const told = attempts.filter(({ target }) => target.startsWith(`${account}/`));
    expect(told).toHaveLength(seen.length);
    const answered = seen.filter(({ status }) => status === 200);
    expect(told.filter(({ status }) => status === 'succeeded')).toHaveLength(answered.length);
    const tokens = (list: (typeof seen)[number][]) =>
      list.reduce((sum, call) => sum + call.prompt_tokens + call.completion_tokens, 0);
    expect(told.reduce((sum, { usage }) => sum + (usage?.total_tokens ?? 0), 0)).toBe(tokens(answered));
  }
  expect(calls.filter(({ retry_count: retries }) => (retries ?? 0) > 0)).toEqual([]);
  const failed = attempts.filter(({ error }) => error);
  expect(new Set(failed.map(({ error }) => error?.code))).toEqual(new Set(['overloaded', 'rate_limited']));
});

async function terminalEvents({ id }: Job): Promise<string[]> {
  const text = await (await stack.request(`/v1/jobs/${id}/events`)).text();
  return text.match(/^event: job\.(completed|failed|cancelled|expired)$/gm) ?? [];
}
