import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Job, KeyStatus, ProviderStatus } from '@sluice/contracts';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

const KEYS = { alpha: 'sim-key-alpha', beta: 'sim-key-beta1', gamma: 'sim-key-gamma' };
const POOL = Object.entries(KEYS).map(([name, key]) => ({ name, key, region: `region-${name}` }));
const HELLO = { messages: [{ role: 'user', content: 'Hello' }] };
const POOLED = { ...HELLO, model: 'openai/gpt-5.4-mini' };

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    workers: 2,
    config: {
      providers: {
        openai: { api_key: undefined, api_keys: POOL, retired_key_pause: '3s' },
      },
      retries: { base_delay: '10ms', max_delay: '50ms' },
    },
  });
});
afterEach(async () => {
  await stack.simulator.control.reset();
  for (const name of Object.keys(KEYS)) await setKey('openai', name, 'active');
  await setKey('anthropic', 'default', 'active');
  await until(async () => (await keyStates('openai')).every(({ state }) => state === 'active') || null, {
    what: 'every key is back',
  });
});
afterAll(() => stack.close());

describe('a pool of keys', () => {
  test('shares the calls among its keys, and each attempt names its key and region', async () => {
    const jobs = await Promise.all(Array.from({ length: 12 }, () => run({ request: POOLED })));
    const used = jobs.flatMap(({ attempts }) => attempts.map((attempt) => attempt.provider_key));
    expect(new Set(used)).toEqual(new Set(Object.keys(KEYS)));
    for (const { attempts } of jobs) {
      expect(attempts).toMatchObject([{ region: `region-${attempts[0]?.provider_key}` }]);
    }
    expect(JSON.stringify(jobs)).not.toContain('sim-key');
  });

  test.each([
    ['unauthorized', 'auth'],
    ['forbidden', 'auth'],
    ['billing', 'billing'],
  ] as const)('goes on with another key when one answers %s, and uses it no more', async (kind, reason) => {
    await stack.simulator.control.setFaults([{ account: 'openai', key: KEYS.alpha, kind }]);
    await until(
      async () => {
        const job = await run({ request: POOLED });
        expect(job.status).toBe('completed');
        const [first, second] = job.attempts;
        if (!second) return null;
        expect(first).toMatchObject({ provider_key: 'alpha', error: { code: reason } });
        expect(second).toMatchObject({ status: 'succeeded', target: 'openai/gpt-5.4-mini' });
        expect(second.provider_key).not.toBe('alpha');
        return job;
      },
      { what: 'alpha was tried' },
    );
    const alpha = await until(
      async () => {
        const state = (await keyStates('openai')).find(({ name }) => name === 'alpha');
        return state?.state === 'retired' ? state : null;
      },
      { what: 'alpha is retired' },
    );
    expect(alpha).toMatchObject({ reason, message: expect.any(String), retired_at: expect.any(String) });
    expect(Date.parse(alpha.until ?? '') - Date.parse(alpha.retired_at ?? '')).toBe(3_000);
    const before = callsOf(KEYS.alpha);
    await Promise.all(Array.from({ length: 12 }, () => run({ request: POOLED })));
    expect(callsOf(KEYS.alpha) - before).toBe(0);
  });

  test('tries a refused key again after its pause', async () => {
    await stack.simulator.control.setFaults([
      { account: 'openai', key: KEYS.alpha, kind: 'unauthorized', times: 1 },
    ]);
    await until(async () => ((await run({ request: POOLED })).attempts.length > 1 ? true : null), {
      what: 'alpha was refused',
    });
    const before = callsOf(KEYS.alpha);
    await until(async () => ((await run({ request: POOLED })) && callsOf(KEYS.alpha) > before) || null, {
      what: 'alpha is used again',
    });
    expect((await keyStates('openai')).every(({ state }) => state === 'active')).toBe(true);
  });

  test('goes on with another key at once when one is limited, without costing a round', async () => {
    await stack.simulator.control.setFaults([
      { account: 'openai', key: KEYS.alpha, kind: 'rate_limited', retry_after_s: 4 },
      { account: 'openai', key: KEYS.beta, kind: 'rate_limited', retry_after_s: 4 },
    ]);
    const jobs = await Promise.all(Array.from({ length: 8 }, () => run({ request: POOLED, within: '30s' })));
    const limited = jobs.flatMap(({ attempts }) =>
      attempts.filter(({ error }) => error?.code === 'rate_limited'),
    );
    expect(limited.length).toBeGreaterThan(0);
    for (const { status, attempts } of jobs) {
      expect(status).toBe('completed');
      const [first, last] = [attempts[0], attempts.at(-1)];
      expect(last?.provider_key).toBe('gamma');
      // Nobody waited for the four seconds.
      expect(Date.parse(last?.started_at ?? '') - Date.parse(first?.started_at ?? '')).toBeLessThan(2_000);
    }
    const states = await until(
      async () => {
        const found = await keyStates('openai');
        return found.some(({ state }) => state === 'cooling') ? found : null;
      },
      { what: 'the cooling keys are shown' },
    );
    expect(states.find(({ name }) => name === 'gamma')?.state).toBe('active');
    // A key that is limited is not asked again meanwhile, by no worker.
    const before = callsOf(KEYS.alpha) + callsOf(KEYS.beta);
    await Promise.all(Array.from({ length: 8 }, () => run({ request: POOLED })));
    expect(callsOf(KEYS.alpha) + callsOf(KEYS.beta) - before).toBe(0);
  });

  test('whose keys are all refused is out: jobs fail over, and a call is made no more', async () => {
    await stack.simulator.control.setFaults([{ account: 'openai', kind: 'unauthorized' }]);
    const first = await run({ request: HELLO });
    expect(outcomes(first)).toEqual(['openai auth', 'openai auth', 'openai auth', 'anthropic succeeded']);
    expect(new Set(first.attempts.slice(0, 3).map((attempt) => attempt.provider_key)).size).toBe(3);
    await until(async () => (await keyStates('openai')).every(({ state }) => state === 'retired') || null, {
      what: 'all keys are retired',
    });
    const before = stack.simulator.control.calls({ account: 'openai' }).length;
    const next = await run({ request: HELLO });
    expect(outcomes(next)).toEqual(['openai auth', 'anthropic succeeded']);
    expect(next.attempts[0]?.error).toMatchObject({
      status: null,
      message: expect.stringContaining('Every key of openai is out of use'),
    });
    expect(stack.simulator.control.calls({ account: 'openai' })).toHaveLength(before);
    const alone = await run({ request: POOLED });
    expect(alone).toMatchObject({
      status: 'failed',
      error: { code: 'all_targets_failed', last_error: { code: 'auth' } },
    });
  });

  test('prefers the key that has served the beginning of a long prompt, and no other', async () => {
    const system = 'You answer in one word. '.repeat(300);
    const ask = (content: string) => ({
      request: {
        model: 'openai/gpt-5.4-mini',
        messages: [
          { role: 'system', content: system },
          { role: 'user', content },
        ],
      },
    });
    const [first] = (await run(ask('Red?'))).attempts;
    const jobs = [];
    // One after the other, so that the key is free for each.
    for (let n = 0; n < 8; n += 1) jobs.push(await run(ask(`Question ${n}?`)));
    const attempts = jobs.flatMap((job) => job.attempts);
    expect(new Set(attempts.map((attempt) => attempt.provider_key))).toEqual(new Set([first?.provider_key]));
    expect(attempts.every(({ usage }) => (usage?.cache_read_tokens ?? 0) > 0)).toBe(true);
    const short = [];
    for (let n = 0; n < 6; n += 1) short.push(await run({ request: POOLED }));
    expect(new Set(short.flatMap((job) => job.attempts.map((attempt) => attempt.provider_key))).size).toBe(3);
    // A key that is out serves nobody.
    await stack.simulator.control.setFaults([
      { account: 'openai', key: KEYS[first?.provider_key as keyof typeof KEYS], kind: 'unauthorized' },
    ]);
    const moved = await run(ask('Blue?'));
    expect(moved.status).toBe('completed');
    expect(moved.attempts.at(-1)?.provider_key).not.toBe(first?.provider_key);
  });

  test('takes an administrator’s word for a key, in every worker', async () => {
    const answer = await setKey('openai', 'alpha', 'retired');
    expect(answer.key_states.find(({ name }) => name === 'alpha')).toMatchObject({
      state: 'retired',
      reason: 'manual',
      until: null,
    });
    await until(
      async () => {
        const before = callsOf(KEYS.alpha);
        await Promise.all(Array.from({ length: 10 }, () => run({ request: POOLED })));
        return callsOf(KEYS.alpha) === before || null;
      },
      { what: 'alpha rests' },
    );
    await setKey('openai', 'alpha', 'active');
    const before = callsOf(KEYS.alpha);
    await until(async () => ((await run({ request: POOLED })) && callsOf(KEYS.alpha) > before) || null, {
      what: 'alpha is used again',
    });
  });
});

test('a key that is no pool’s stays in use when it is refused, and is shown so until it works', async () => {
  await stack.simulator.control.setFaults([{ account: 'anthropic', kind: 'unauthorized' }]);
  const request = { ...HELLO, model: 'anthropic/claude-haiku-4-5' };
  for (let n = 0; n < 2; n += 1) expect((await run({ request })).error?.last_error?.status).toBe(401);
  await until(async () => (await keyStates('anthropic'))[0]?.state === 'refused', { what: 'it is refused' });
  await stack.simulator.control.setFaults([]);
  expect((await run({ request })).status).toBe('completed');
  await until(async () => (await keyStates('anthropic'))[0]?.state === 'active', { what: 'it works' });
  await setKey('anthropic', 'default', 'retired');
  await until(async () => (await run({ request })).error?.last_error?.status === null, { what: 'it is out' });
});

test.each([
  ['openai', 'delta', 404],
  ['nobody', 'alpha', 404],
])('a key that %s does not have can’t be set', async (provider, key, status) => {
  const answer = await stack.request(`/v1/providers/${provider}/keys/${key}`, {
    method: 'POST',
    body: JSON.stringify({ state: 'active' }),
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.status).toBe(status);
});

async function run(body: object): Promise<Job> {
  return stack.ended((await stack.submit(body)).id);
}

function outcomes({ attempts }: Job): string[] {
  return attempts.map(({ target, status, error }) => `${target.split('/')[0]} ${error?.code ?? status}`);
}

async function keyStates(provider: string): Promise<KeyStatus[]> {
  const answer = await stack.request(`/v1/providers/${provider}`);
  return ((await answer.json()) as ProviderStatus).key_states;
}

async function setKey(provider: string, key: string, state: 'active' | 'retired'): Promise<ProviderStatus> {
  const answer = await stack.request(`/v1/providers/${provider}/keys/${key}`, {
    method: 'POST',
    body: JSON.stringify({ state }),
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as ProviderStatus;
}

function callsOf(key: string): number {
  const masked = `${key.slice(0, 4)}***${key.slice(-4)}`;
  return stack.simulator.control.calls({ account: 'openai' }).filter((call) => call.key === masked).length;
}
