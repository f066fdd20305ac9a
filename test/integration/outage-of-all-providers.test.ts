import type { Job } from '@sluice/contracts';
import { afterEach, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

/** A tenth of a minute, with cool-downs that are a tenth of the defaults. */
const OUTAGE_MS = 6_000;
const BREAKER = { cooldown: '1s', max_cooldown: '30s', ramp_step: '1s', probe_timeout: '3s' };

let stack: Stack;
afterEach(() => stack.close());

test('while all three providers are dead jobs wait, and all of them complete afterwards', async () => {
  stack = await startStack({ workers: 2, capacity: 8, config: { breaker: BREAKER } });
  await stack.simulator.control.setFaults([
    { account: 'openai', kind: 'connection_reset' },
    { account: 'anthropic', kind: 'server_error' },
    { account: 'google', kind: 'unavailable' },
  ]);
  const request = { messages: [{ role: 'user', content: 'Hello' }] };
  const submitted = await Promise.all(
    Array.from({ length: 300 }, (_, n) =>
      stack.submit(n % 3 === 0 ? { request: { ...request, model: 'openai/gpt-5.4-mini' } } : { request }),
    ),
  );
  const deadUntil = performance.now() + OUTAGE_MS;
  await until(() => performance.now() > deadUntil, { what: 'the end of the outage' });
  const during = stack.simulator.control.calls();
  expect(during.filter(({ status }) => status === 200)).toEqual([]);
  await stack.simulator.control.setFaults([]);

  const jobs: Job[] = [];
  for (const { id } of submitted) jobs.push(await stack.ended(id, 40_000));
  expect(jobs.filter(({ status }) => status !== 'completed')).toEqual([]);
  const failed = jobs.flatMap(({ attempts }) => attempts).filter(({ status }) => status === 'failed');
  console.log(
    `calls during the outage: ${during.length}, probes among them: ${failed.filter(({ probe }) => probe).length}`,
  );
  // Five to open each, what was in flight then, and a few probes; not three rounds of 300 jobs.
  expect(during.length).toBeLessThanOrEqual(3 * (16 + 10));
}, 60_000);

test('a job whose one target stays dead ends at its deadline, as expired and not as failed', async () => {
  stack = await startStack({ config: { breaker: BREAKER } });
  await stack.simulator.control.setFaults([{ account: 'openai', kind: 'server_error' }]);
  const { id } = await stack.submit({
    within: '8s',
    chain: ['openai/gpt-5.4-mini'],
    request: { messages: [{ role: 'user', content: 'Hello' }] },
  });
  const job = await stack.ended(id, 20_000);
  expect(job).toMatchObject({ status: 'expired', error: { code: 'expired' } });
  expect(job.attempts.length).toBeLessThanOrEqual(5 + 4);
});
