import type { Job, ProviderStatus } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ workers: 2, config: { breaker: { ramp: [] } } });
});
afterAll(() => stack.close());

const request = { messages: [{ role: 'user', content: 'Hello' }] };

async function run(body: object = {}): Promise<Job> {
  return stack.ended((await stack.submit({ request, ...body })).id);
}

async function setBreaker(provider: string, body: object): Promise<Response> {
  return stack.request(`/v1/providers/${provider}/breaker`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
}

async function health(provider: string, model: string) {
  const status = (await (await stack.request(`/v1/providers/${provider}`)).json()) as ProviderStatus;
  return status.health.find((row) => row.model === model && row.lane === 'live');
}

test('a provider shows breakers, error rate and latencies of what was called', async () => {
  for (let n = 0; n < 4; n += 1) await run();
  const row = await until(
    async () => {
      const found = await health('openai', 'gpt-5.4-mini');
      return found?.calls === 4 ? found : null;
    },
    { what: 'the calls' },
  );
  expect(row).toMatchObject({
    breaker: { state: 'closed', until: null, share: null, forced: false },
    error_rate: 0,
    slow: false,
  });
  expect(row.latency.standard?.total_p50_ms).toBeGreaterThan(0);
});

test('a breaker set by hand holds within a second at every worker, until it is set to auto', async () => {
  const answer = await setBreaker('openai', { state: 'open' });
  expect(answer.status).toBe(200);
  const { data } = (await answer.json()) as { data: ProviderStatus['health'] };
  expect(data.find(({ model, lane }) => model === 'gpt-5.4-mini' && lane === 'live')?.breaker).toEqual({
    state: 'open',
    until: null,
    share: null,
    forced: true,
  });
  await until(async () => (await run()).attempts[0]?.target.startsWith('anthropic/'), {
    timeoutMs: 1_000,
    what: 'the next target',
  });
  const jobs = await Promise.all(Array.from({ length: 20 }, () => run()));
  expect(jobs.flatMap(({ attempts }) => attempts.map(({ target }) => target))).toEqual(
    Array.from({ length: 20 }, () => 'anthropic/claude-haiku-4-5'),
  );

  // A job that has no other target waits, and goes on.
  const { id } = await stack.submit({ chain: ['openai/gpt-5.4-mini'], request });
  await setBreaker('openai', { state: 'auto' });
  const waited = await stack.ended(id);
  expect(waited).toMatchObject({ status: 'completed', attempts: [{ probe: true }] });
  await until(async () => (await run()).attempts[0]?.target === 'openai/gpt-5.4-mini', {
    what: 'the way back',
  });
});

test('closed by hand, a provider is called whatever fails', async () => {
  await setBreaker('google', { state: 'closed', model: 'gemini-2.5-flash', lane: 'live' });
  await stack.simulator.control.setFaults([{ account: 'google', kind: 'server_error', times: 12 }]);
  const chain = ['google/gemini-2.5-flash', 'anthropic/claude-haiku-4-5'];
  const jobs = [];
  for (let n = 0; n < 6; n += 1) jobs.push(await run({ chain }));
  expect(jobs.flatMap(({ attempts }) => attempts.filter(({ error }) => error))).toHaveLength(12);
  expect((await health('google', 'gemini-2.5-flash'))?.breaker).toMatchObject({
    state: 'closed',
    forced: true,
  });
});

test('what cannot be set is refused', async () => {
  expect((await setBreaker('nobody', { state: 'open' })).status).toBe(404);
  expect((await setBreaker('openai', { state: 'ajar' })).status).toBe(400);
  expect((await setBreaker('openai', { state: 'open', model: '' })).status).toBe(400);
});
