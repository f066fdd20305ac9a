import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Config, Job } from '@sluice/contracts';
import { createLogger } from '@sluice/runtime';
import { startWorker, type StartedWorker } from '@sluice/worker';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

const HELLO = { messages: [{ role: 'user', content: 'Hello' }] };
const KEYS = [
  { name: 'us', key: 'sim-key-in-us', region: 'us' },
  { name: 'eu', key: 'sim-key-in-eu', region: 'eu-west-1', zero_retention: true },
];

let stack: Stack;
let worker: StartedWorker;
const withRegion = (region: string): Config => ({
  ...stack.config,
  providers: {
    ...stack.config.providers,
    anthropic: { ...(stack.config.providers['anthropic'] as Config['providers'][string]), region },
  },
});

beforeAll(async () => {
  stack = await startStack({
    workers: 0,
    config: {
      providers: {
        openai: { api_key: undefined, api_keys: KEYS },
        anthropic: { region: 'eu' },
        google: { region: 'eu' },
      },
      retries: { base_delay: '10ms', max_delay: '50ms' },
    },
  });
  const logger = createLogger({ name: 'test', level: 'silent' });
  worker = await startWorker({ config: stack.config, environment: stack.environment, logger });
});
afterAll(async () => {
  await worker.close();
  await stack.close();
});

test('a job that must stay in a region is called with keys of that region alone', async () => {
  const request = { ...HELLO, model: 'openai/gpt-5.4-mini' };
  const jobs = await Promise.all(
    Array.from({ length: 8 }, () => run({ request, residency: ['eu'], zero_retention: true })),
  );
  const attempts = jobs.flatMap((job) => job.attempts);
  expect(attempts.map(({ provider_key: key, region }) => `${key} ${region}`)).toEqual(
    Array.from({ length: 8 }, () => 'eu eu-west-1'),
  );
  const free = await Promise.all(Array.from({ length: 8 }, () => run({ request })));
  expect(new Set(free.flatMap((job) => job.attempts.map((each) => each.provider_key))).size).toBe(2);
});

test('the batch lane is of one key: a job that may not use it is not offered it', async () => {
  const body = { request: { ...HELLO, model: 'openai/gpt-5.4-mini' }, tier: 'flex', lane: 'batch' };
  const send = (more: object): Promise<Response> =>
    stack.request('/v1/jobs', {
      method: 'POST',
      body: JSON.stringify({ ...body, ...more }),
      headers: { 'content-type': 'application/json' },
    });
  const refused = await send({ residency: ['eu'] });
  expect(refused.status).toBe(400);
  expect(((await refused.json()) as { error: { code: string } }).error.code).toBe('no_eligible_target');
  expect((await send({ residency: ['us'] })).status).toBe(202);
  const job = await run({ ...body, lane: 'auto', residency: ['eu'], within: '20h' });
  expect(job.attempts).toMatchObject([{ provider_key: 'eu', status: 'succeeded' }]);
  expect(job.attempts[0]?.lane).not.toBe('batch');
});

test('a refused key of the region leads to the next target of the region, never to another region’s key', async () => {
  await stack.simulator.control.setFaults([
    { account: 'openai', key: 'sim-key-in-eu', kind: 'unauthorized' },
  ]);
  const before = callsOf('sim-***n-us');
  const chain = ['openai/gpt-5.4-mini', 'google/gemini-2.5-flash'];
  const first = await run({ request: HELLO, chain, residency: ['eu'] });
  const second = await run({ request: HELLO, chain, residency: ['eu'] });
  for (const job of [first, second]) {
    expect(outcomes(job)).toEqual(['openai auth', 'google succeeded']);
  }
  expect(second.attempts[0]?.error?.message).toContain('Every key that this job may use');
  expect(callsOf('sim-***n-us')).toBe(before);
  await stack.simulator.control.setFaults([]);
});

test('a rule is held again by the configuration in force, also for jobs that are queued', async () => {
  await stack.simulator.control.setFaults([
    { account: 'anthropic', kind: 'rate_limited', times: 1, retry_after_s: 1 },
  ]);
  const submitted = await stack.submit({
    request: HELLO,
    chain: ['anthropic/claude-haiku-4-5'],
    residency: ['eu'],
  });
  await until(async () => (await stack.job(submitted.id)).attempts.length > 0, { what: 'its first attempt' });
  worker.reconfigure(withRegion('us'));
  const job = await stack.ended(submitted.id);
  worker.reconfigure(stack.config);
  const calls = stack.simulator.control.calls({ account: 'anthropic' });
  await stack.simulator.control.reset();
  expect(job).toMatchObject({ status: 'failed', error: { code: 'all_targets_failed' } });
  expect(job.attempts.at(-1)?.error).toMatchObject({
    code: 'invalid_request',
    status: null,
    message: expect.stringContaining('runs in us, not in eu'),
  });
  expect(calls.map(({ status }) => status)).toEqual([429]);
});

async function run(body: object): Promise<Job> {
  return stack.ended((await stack.submit(body)).id);
}

function outcomes({ attempts }: Job): string[] {
  return attempts.map(({ target, status, error }) => `${target.split('/')[0]} ${error?.code ?? status}`);
}

function callsOf(masked: string): number {
  return stack.simulator.control.calls({ account: 'openai' }).filter(({ key }) => key === masked).length;
}
