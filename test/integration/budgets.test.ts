import { afterEach, expect, test } from 'vitest';
import type { BudgetStatus } from '@sluice/contracts';
import { startStack, type Stack, type StackOptions } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

let stack: Stack | null = null;
afterEach(async () => {
  await stack?.close();
  stack = null;
});

const TARGET = 'openai/gpt-5.4-mini';
/** An answer of 40 tokens at 4.5 dollars a million, and a short prompt at 0.75. */
const ONE_USD = 40 * 4.5e-6;
/** As the catalogue has it. */
const PRICE = { input: 0.75, output: 4.5 };
const SIMULATOR = {
  latency: { p50_ms: 5, tokens_per_second: 0 },
  accounts: {
    openai: { kind: 'openai' as const, price: PRICE },
    anthropic: { kind: 'anthropic' as const },
    google: { kind: 'google' as const },
  },
};
const request = (model: string, n: number): object => ({
  model,
  max_tokens: 40,
  messages: [{ role: 'user', content: `Job ${n}` }],
});

async function start(options: StackOptions): Promise<Stack> {
  stack = await startStack(options);
  return stack;
}
const budgets = async (): Promise<BudgetStatus[]> => {
  const answer = await (stack as Stack).request('/v1/budgets');
  return ((await answer.json()) as { data: BudgetStatus[] }).data;
};

test('200 jobs at once from eight processes, a budget for 50, a worker killed on the way: no more than the budget is spent', async () => {
  const limit = ONE_USD * 50;
  const { spawnWorker, submit, simulator, job } = await start({
    workers: 0,
    simulator: { ...SIMULATOR, latency: { p50_ms: 100, tokens_per_second: 0 } },
    config: { budgets: [{ scope: 'installation', day_usd: limit }] },
  });
  const workers = await Promise.all(Array.from({ length: 8 }, () => spawnWorker(['openai'])));
  const jobs = await Promise.all(
    Array.from({ length: 200 }, (_, n) => submit({ request: request(TARGET, n) })),
  );
  await until(() => simulator.control.summary().calls >= 5, { what: 'the first calls' });
  workers[0]?.kill('SIGKILL');
  // Calm: nothing runs, and what is left of the budget is too little for one more call.
  await until(
    async () => {
      const [budget] = await budgets();
      const room = limit - (budget?.day.spent_usd ?? 0) - (budget?.reserved_usd ?? 0);
      return simulator.control.summary().running === 0 && room < ONE_USD * 1.5;
    },
    { what: 'a budget that is used up', timeoutMs: 40_000 },
  );
  const { cost_usd: spent, calls } = simulator.control.summary();
  const states = await Promise.all(jobs.map(async ({ id }) => (await job(id)).status));
  const completed = states.filter((status) => status === 'completed').length;
  console.log(
    `budget ${limit.toFixed(6)}, spent ${spent.toFixed(6)} in ${calls} calls, ${completed} jobs done`,
  );
  expect(spent).toBeLessThanOrEqual(limit);
  expect(completed).toBeGreaterThan(25);
  // The rest waits, it does not fail.
  expect(
    states.filter((status) => status !== 'completed' && status !== 'queued' && status !== 'in_progress'),
  ).toEqual([]);
}, 90_000);

test('what a call cost takes the place of what was set aside for it', async () => {
  const { submit, ended, simulator } = await start({
    simulator: SIMULATOR,
    config: { budgets: [{ scope: 'tenant', day_usd: 1, month_usd: 10 }] },
  });
  const jobs = await Promise.all([1, 2, 3].map((n) => submit({ request: request(TARGET, n) })));
  await Promise.all(jobs.map(({ id }) => ended(id)));
  const [budget] = await until(
    async () => {
      const all = await budgets();
      return all[0]?.reserved_usd === 0 ? all : null;
    },
    { what: 'the settlement' },
  );
  expect(budget).toMatchObject({ scope: 'tenant', name: 'default', level: 'ok', month: { limit_usd: 10 } });
  expect(budget?.day.spent_usd).toBeCloseTo(simulator.control.summary().cost_usd, 5);
});

test('a model whose budget is used up is passed over without an attempt', async () => {
  const { submit, ended } = await start({
    config: { budgets: [{ scope: 'model', name: TARGET, day_usd: ONE_USD * 1.5 }] },
  });
  const chain = [TARGET, 'anthropic/claude-haiku-4-5'];
  const { model: _model, ...body } = request(TARGET, 0) as { model: string };
  const first = await ended((await submit({ chain, request: body })).id);
  expect(first.attempts.map(({ target }) => target)).toEqual([TARGET]);
  const second = await ended((await submit({ chain, request: body })).id);
  expect(second.attempts.map(({ target }) => target)).toEqual(['anthropic/claude-haiku-4-5']);
});

test('a budget that refuses fails the job that does not fit and turns new ones away', async () => {
  const {
    submit,
    ended,
    request: call,
  } = await start({
    config: { budgets: [{ scope: 'tag', name: 'trial', day_usd: ONE_USD * 1.2, on_exceed: 'refuse' }] },
  });
  const body = (n: number): object => ({ tags: ['trial'], request: request(TARGET, n) });
  const send = (submission: object): Promise<Response> =>
    call('/v1/jobs', {
      method: 'POST',
      body: JSON.stringify(submission),
      headers: { 'content-type': 'application/json' },
    });
  const large = await send({ tags: ['trial'], request: { ...request(TARGET, 0), max_tokens: 400 } });
  expect(large.status).toBe(429);
  expect(large.headers.get('x-should-retry')).toBe('false');
  expect(await large.json()).toMatchObject({ error: { code: 'budget_exceeded' } });
  // Two at once: each seems to fit, and only one does.
  const both = await Promise.all([submit(body(1)), submit(body(2))]);
  const ends = await Promise.all(both.map(({ id }) => ended(id)));
  expect(ends.map(({ status }) => status).sort()).toEqual(['completed', 'failed']);
  expect(ends.find(({ status }) => status === 'failed')).toMatchObject({
    error: { code: 'budget_exceeded' },
    attempts: [],
  });
  expect((await ended((await submit({ request: request(TARGET, 3) })).id)).status).toBe('completed');
  await until(async () => (await send(body(4))).status === 429, { what: 'a refusal at submit' });
}, 60_000);

test('a budget that is nearly spent turns new jobs to the cheapest target', async () => {
  const { submit, ended } = await start({
    config: {
      budgets: [{ scope: 'tenant', day_usd: 1, soft: 0.000_01 }],
      routes: { default: { targets: ['anthropic/claude-sonnet-4-5', 'openai/gpt-5.4-mini'] } },
    },
  });
  const body = { request: { max_tokens: 40, messages: [{ role: 'user', content: 'Hello' }] } };
  const first = await submit(body);
  expect(first.chain[0]).toBe('anthropic/claude-sonnet-4-5');
  await ended(first.id);
  await until(async () => (await submit(body)).chain[0] === 'openai/gpt-5.4-mini', {
    what: 'the cheaper target first',
  });
});
