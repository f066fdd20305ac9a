import type { Target } from '@sluice/contracts';
import { describe, expect, test } from 'vitest';
import { catalogue, chainOf, config, plan } from './plan-route/plan-for-test.ts';

describe('which targets serve a request', () => {
  test('nothing named: the default route', () => {
    expect(plan({})).toMatchObject({
      status: 'ok',
      route: 'default',
      chain: ['openai/gpt-5.4-mini', 'google/gemini-2.5-flash'],
      rounds: 3,
      strategy: 'ordered',
      source: 'route',
      excluded: [],
      warnings: [],
    });
  });

  test('a route by its own field, with its own number of rounds', () => {
    expect(plan({ route: 'short' })).toMatchObject({ route: 'short', rounds: 5 });
  });

  test('a route by the model field', () => {
    expect(plan({ request: { model: 'short' } })).toMatchObject({ status: 'ok', route: 'short' });
  });

  test('route and chain go over the model', () => {
    expect(plan({ route: 'short', request: { model: 'gpt-5.4' } })).toMatchObject({ route: 'short' });
    expect(plan({ chain: ['openai/gpt-5.4'], request: { model: 'short' } })).toMatchObject({
      route: null,
      chain: ['openai/gpt-5.4'],
      source: 'chain',
    });
  });

  test('a target is a chain of one, also when the provider does not list the model', () => {
    expect(plan({ request: { model: 'openai/some-new-model' } })).toMatchObject({
      route: null,
      chain: ['openai/some-new-model'],
      source: 'target',
    });
  });

  test('a target is split at its first slash only', () => {
    expect(plan({ request: { model: 'router/meta-llama/llama-4' } })).toMatchObject({
      chain: ['router/meta-llama/llama-4'],
      source: 'target',
    });
  });

  test('a plain name is one target that serves it: the first that may', () => {
    expect(plan({ request: { model: 'gpt-5.4' } })).toMatchObject({
      chain: ['openai/gpt-5.4'],
      source: 'model',
    });
    const twice = { resolve: catalogue.resolve, targetsOfModel: (): Target[] => ['openai/m', 'local/m'] };
    expect(chainOf(plan({ request: { model: 'm' } }, { catalogue: twice }))).toEqual(['openai/m']);
    expect(chainOf(plan({ request: { model: 'm' }, residency: ['eu'] }, { catalogue: twice }))).toEqual([
      'local/m',
    ]);
  });

  test('the same input yields the same plan', () => {
    expect(plan({ route: 'split' })).toEqual(plan({ route: 'split' }));
  });
});

describe('what cannot be planned says what is wrong and where', () => {
  test('an unknown route', () => {
    expect(plan({ route: 'nowhere' })).toMatchObject({
      code: 'unknown_route',
      message: expect.stringContaining('There is no route "nowhere"; known routes: default, short'),
      param: 'route',
    });
  });

  test.each(['constructor', '__proto__', 'toString'])('a name that every object has: %s', (route) => {
    expect(plan({ route })).toMatchObject({ status: 'error', code: 'unknown_route' });
    expect(plan({ request: { model: route } })).toMatchObject({ status: 'error', code: 'unknown_model' });
    expect(plan({ request: { model: `${route}/x` } })).toMatchObject({ code: 'unknown_target' });
  });

  test('no default route', () => {
    expect(plan({}, { config: { ...config, routes: {} } })).toMatchObject({
      code: 'unknown_route',
      param: 'request.model',
      message: 'There is no route "default"; known routes: none.',
    });
  });

  test('an unknown provider within a chain, by its position', () => {
    expect(plan({ chain: ['openai/gpt-5.4', 'azure/gpt-5.4'] })).toMatchObject({
      code: 'unknown_target',
      param: 'chain.1',
      message: expect.stringContaining('There is no provider "azure" in "azure/gpt-5.4"'),
    });
  });

  test('a plain name that nobody serves', () => {
    expect(plan({ request: { model: 'gpt-99' } })).toMatchObject({
      code: 'unknown_model',
      param: 'request.model',
    });
  });

  test('an empty chain names every target and why', () => {
    const outcome = plan({ residency: ['ap'], chain: ['openai/gpt-5.4', 'google/gemini-2.5-flash'] });
    expect(outcome).toMatchObject({
      code: 'no_eligible_target',
      param: 'residency',
      message:
        "No target of the chain can take the request. openai/gpt-5.4 runs in us, not in ap. The region of google/gemini-2.5-flash is not known, so it can't be said to be in ap.",
    });
  });
});

describe('rules and nested routes', () => {
  test('the first rule that matches says which targets take the place of the route’s own', () => {
    expect(plan({ route: 'support' })).toMatchObject({
      chain: ['google/gemini-2.5-flash', 'openai/gpt-5.4-mini'],
      rules: [],
    });
    expect(plan({ route: 'support', tags: ['vip', 'policy'] })).toMatchObject({
      chain: ['anthropic/claude-opus-5', 'openai/gpt-5.4-mini', 'google/gemini-2.5-flash'],
      rules: ['support.when.0'],
    });
  });

  test('a nested route is ordered by its own strategy, and stands in its place as it is', () => {
    const long = { messages: [{ role: 'user' as const, content: 'word '.repeat(2_000) }] };
    expect(chainOf(plan({ route: 'support', request: long }))[0]).toBe('google/gemini-2.5-flash');
  });

  test('no target is in a chain twice', () => {
    const chain = chainOf(plan({ chain: ['openai/gpt-5.4', 'openai/gpt-5.4', 'google/gemini-2.5-flash'] }));
    expect(chain).toEqual(['openai/gpt-5.4', 'google/gemini-2.5-flash']);
  });
});
