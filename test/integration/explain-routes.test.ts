import { routeExplanationSchema, type Job, type RouteExplanation } from '@sluice/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';

const HELLO = { messages: [{ role: 'user', content: 'Say hello.' }] };
const LONG = { messages: [{ role: 'user', content: 'word '.repeat(6_000) }] };
const SCHEMA = {
  ...HELLO,
  response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } },
};

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    config: {
      providers: { openai: { region: 'us' }, anthropic: { region: 'eu' } },
      models: { 'openai/small': { max_input_tokens: 2_000, price: { input: 0.01, output: 0.01 } } },
      routes: {
        default: {
          targets: ['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5', 'google/gemini-2.5-flash'],
        },
        cheap: {
          strategy: 'cheapest',
          targets: ['anthropic/claude-haiku-4-5', 'openai/small', 'google/gemini-2.5-flash'],
        },
        split: {
          strategy: 'weighted',
          targets: [{ target: 'openai/gpt-5.4-mini', weight: 2 }, 'google/gemini-2.5-flash'],
        },
        turns: { strategy: 'round_robin', targets: ['openai/gpt-5.4-mini', 'google/gemini-2.5-flash'] },
        idle: { strategy: 'least_wait', targets: ['openai/gpt-5.4-mini', 'google/gemini-2.5-flash'] },
        swift: { strategy: 'fastest', targets: ['openai/gpt-5.4-mini', 'google/gemini-2.5-flash'] },
        sized: {
          when: [
            { if: { input_tokens: { min: 4_000 } }, use: 'google/gemini-2.5-flash' },
            { if: { tags: 'cheap' }, use: 'cheap' },
          ],
          targets: ['default'],
        },
      },
    },
  });
});
afterAll(() => stack.close());

async function post(path: string, body: object): Promise<Response> {
  return stack.request(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
}
async function explain(body: object): Promise<RouteExplanation> {
  const answer = await post('/v1/routes/explain', body);
  expect(answer.status).toBe(200);
  return routeExplanationSchema.parse(await answer.json());
}

describe('explain agrees with what then happens', () => {
  test.each<[string, object]>([
    ['the default route', { request: HELLO }],
    ['a chain', { request: HELLO, chain: ['google/gemini-2.5-flash', 'openai/gpt-5.4-mini'] }],
    ['a model', { request: { ...HELLO, model: 'gpt-5.4-mini' } }],
    ['cheapest', { request: HELLO, route: 'cheap' }],
    ['a window that is too small', { request: LONG, route: 'cheap' }],
    ['a rule on tokens', { request: LONG, route: 'sized' }],
    ['a rule on tags, nested', { request: HELLO, route: 'sized', tags: ['cheap'] }],
    ['no rule, nested', { request: SCHEMA, route: 'sized' }],
    ['weighted', { request: HELLO, route: 'split' }],
    ['round_robin', { request: HELLO, route: 'turns' }],
    ['least_wait', { request: HELLO, route: 'idle' }],
    ['residency', { request: HELLO, residency: ['eu'] }],
    ['quality and cost', { request: HELLO, quality: 'standard', max_cost_usd: 0.002 }],
  ])('%s', async (_, body) => {
    const said = await explain(body);
    const job = await stack.submit(body);
    expect(job.chain).toEqual(said.chain);
    expect(job.route).toBe(said.route);
    expect(job.decision).toMatchObject({ strategy: said.strategy, source: said.source });
    const done = await stack.ended(job.id);
    expect(done.attempts.map(({ target }) => target)).toEqual([said.chain[0]]);
    expect(said.candidates.filter(({ position }) => position !== null).map(({ target }) => target)).toEqual(
      said.chain,
    );
    expect(JSON.stringify(job.decision).length).toBeLessThan(1_024);
  });

  test('what explain refuses to place, a submission is refused with, in the same words', async () => {
    const body = { request: HELLO, residency: ['ap'] };
    const said = await explain(body);
    expect(said.chain).toEqual([]);
    const refused = await post('/v1/jobs', body);
    expect(refused.status).toBe(400);
    expect((await refused.json()) as object).toMatchObject({
      error: { code: 'no_eligible_target', param: 'residency' },
    });
    expect(said.error).toMatchObject({ code: 'no_eligible_target', param: 'residency' });
    expect(said.candidates.map(({ code }) => code)).toEqual(['residency', 'residency', 'residency']);
  });
});

test('explaining changes nothing: the same turn is answered again, and no job is made', async () => {
  const jobs = async (): Promise<number> =>
    ((await (await stack.request('/v1/jobs?limit=100')).json()) as { data: Job[] }).data.length;
  const before = await jobs();
  const first = await explain({ request: HELLO, route: 'turns' });
  expect((await explain({ request: HELLO, route: 'turns' })).chain).toEqual(first.chain);
  expect(await jobs()).toBe(before);
});

test('features, filters, figures and sentences', async () => {
  const said = await explain({ request: SCHEMA, route: 'cheap', residency: ['eu'], task: 'extraction' });
  expect(said.features).toMatchObject({ needs: ['json_schema'], task: 'extraction' });
  expect(said.filters).toEqual({ residency: ['eu'] });
  expect(said.candidates[0]).toMatchObject({
    target: 'anthropic/claude-haiku-4-5',
    position: 1,
    class: 'standard',
    quality: 0.7,
    price_version: '2026-07-24',
    quality_source: expect.stringContaining('rule'),
  });
  expect(said.candidates[0]?.cost_usd).toBeGreaterThan(0);
  expect(said.why).toContain('Route "cheap" is used.');
  expect(said.why).toContain('openai/small runs in us, not in eu.');
});

test('the quality hint and an unknown route', async () => {
  const hinted = await stack.request('/v1/routes/explain', {
    method: 'POST',
    body: JSON.stringify({ request: HELLO, chain: ['openai/gpt-5.4-nano', 'openai/gpt-5.4'] }),
    headers: { 'content-type': 'application/json', 'x-quality-hint': 'high' },
  });
  expect(routeExplanationSchema.parse(await hinted.json()).chain).toEqual(['openai/gpt-5.4']);
  expect((await post('/v1/routes/explain', { request: HELLO, route: 'nowhere' })).status).toBe(400);
});
