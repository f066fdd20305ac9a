import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ workers: 0, sweepAfterMs: 2_000 });
});
afterAll(() => stack.close());

test('20 calls of a killed worker are made again within 15 s and end exactly once', async () => {
  const { control } = stack.simulator;
  control.setLatency({ latency: { p50_ms: 120_000 } });
  const first = await stack.spawnWorker(['openai']);
  const jobs = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      stack.submit({
        request: { model: 'openai/gpt-5.4-mini', messages: [{ role: 'user', content: `Job ${n}` }] },
      }),
    ),
  );
  await until(() => control.summary().running === 20, { what: '20 running calls' });

  first.kill('SIGKILL');
  const killedAt = performance.now();
  control.setLatency({ latency: { p50_ms: 5 } });
  await stack.spawnWorker(['openai']);
  const ended = await Promise.all(jobs.map(({ id }) => stack.ended(id, 40_000)));
  const tookMs = performance.now() - killedAt;

  for (const job of ended) {
    expect(job.status).toBe('completed');
    expect(job.attempts.map(({ status }) => status)).toEqual(['abandoned', 'succeeded']);
    expect(job.attempts[0]?.error?.code).toBe('server_error');
    const events = await (await stack.request(`/v1/jobs/${job.id}/events`)).text();
    expect(events.match(/^event: job\.(completed|failed|cancelled|expired)$/gm)).toHaveLength(1);
  }
  expect(control.calls()).toHaveLength(40);
  // 10 s lock and 5 s stalled check, and what a loaded machine adds.
  expect(tookMs).toBeLessThan(30_000);
});
