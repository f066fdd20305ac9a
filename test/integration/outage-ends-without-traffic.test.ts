import type { Job } from '@sluice/contracts';
import { afterEach, expect, test } from 'vitest';
import { openHealth } from '../support/open-health.ts';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

const BREAKER = { cooldown: '300ms', max_cooldown: '10s', ramp_step: '200ms' };

let stack: Stack;
let health: ReturnType<typeof openHealth>;
afterEach(async () => {
  health.close();
  await stack.close();
});

async function start(breaker: object): Promise<void> {
  stack = await startStack({ workers: 2, config: { breaker: { ...BREAKER, ...breaker } } });
  health = openHealth(stack);
}

function calls() {
  return stack.simulator.control.calls().filter(({ account }) => account === 'openai');
}

async function state(): Promise<string | undefined> {
  return (await health.store.breakers('openai')).get('live|gpt-5.4-mini')?.phase.state;
}

/** Until the breaker of the primary is open; the jobs end at the next target. */
async function failPrimary(): Promise<Job[]> {
  await stack.simulator.control.setFaults([{ account: 'openai', kind: 'server_error' }]);
  const jobs: Job[] = [];
  await until(
    async () => {
      const { id } = await stack.submit({ request: { messages: [{ role: 'user', content: 'Hello' }] } });
      jobs.push(await stack.ended(id));
      return (await state()) === 'open';
    },
    { what: 'the breaker to open' },
  );
  return jobs;
}

test('a call of one token tests a target that no job tests, and the ramp ends by itself', async () => {
  await start({});
  const jobs = await failPrimary();
  await stack.simulator.control.setFaults([]);
  await until(async () => (await state()) === 'ramping', { what: 'the probe' });
  const attempts = jobs
    .flatMap((job) => job.attempts)
    .filter(({ target }) => target === 'openai/gpt-5.4-mini');
  const probes = calls().slice(attempts.length);
  expect(probes.length).toBeGreaterThanOrEqual(1);
  expect(probes.at(-1)).toMatchObject({ status: 200, model: 'gpt-5.4-mini', completion_tokens: 1 });
  // Failed ones before the end of the outage at most; a good one is not repeated.
  expect(probes.filter(({ status }) => status === 200)).toHaveLength(1);
  await until(
    async () => {
      const { data } = (await (await stack.request('/v1/providers')).json()) as {
        data: { name: string; health: { model: string; lane: string; breaker: { state: string } }[] }[];
      };
      const row = data
        .find(({ name }) => name === 'openai')
        ?.health.find(({ model, lane }) => model === 'gpt-5.4-mini' && lane === 'live');
      return row?.breaker.state === 'closed';
    },
    { what: 'the end of the ramp' },
  );
  expect(calls()).toHaveLength(attempts.length + probes.length);
});

test('without probes nobody calls until there is a job, which then tests the target', async () => {
  await start({ probe: false });
  await failPrimary();
  await stack.simulator.control.setFaults([]);
  const before = calls().length;
  const { id } = await stack.submit({ request: { messages: [{ role: 'user', content: 'Hi' }] } });
  await stack.ended(id);
  await until(
    async () => {
      const again = await stack.submit({ request: { messages: [{ role: 'user', content: 'Hi' }] } });
      return (await stack.ended(again.id)).attempts[0]?.probe === true;
    },
    { what: 'a job as the probe' },
  );
  const own = calls().slice(before);
  expect(own.length).toBeGreaterThanOrEqual(1);
  expect(own.every(({ completion_tokens: tokens }) => tokens > 1)).toBe(true);
});
