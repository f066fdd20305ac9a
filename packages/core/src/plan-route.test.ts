import { configSchema } from '@sluice/contracts';
import { describe, expect, test } from 'vitest';
import { planRoute, type PlanRouteInput } from './plan-route.ts';

const config = configSchema.parse({
  providers: { openai: { kind: 'openai' }, google: { kind: 'google' }, router: { kind: 'openrouter' } },
  routes: {
    default: { targets: ['openai/gpt-5.4-mini', 'google/gemini-2.5-flash'] },
    cheap: { targets: ['google/gemini-2.5-flash'], rounds: 5 },
  },
});

function plan(submission: PlanRouteInput['submission'], over: Partial<PlanRouteInput> = {}) {
  return planRoute({
    submission,
    config,
    targetsOfModel: (model) => (model === 'gpt-5.4' ? ['openai/gpt-5.4'] : []),
    ...over,
  });
}

describe('which targets serve a request', () => {
  test('nothing named: the default route', () => {
    expect(plan({ request: {} })).toEqual({
      status: 'ok',
      route: 'default',
      chain: ['openai/gpt-5.4-mini', 'google/gemini-2.5-flash'],
      rounds: 3,
      decision: { strategy: 'ordered', source: 'route' },
    });
  });

  test('a route by its own field, with its own number of rounds', () => {
    expect(plan({ route: 'cheap', request: {} })).toMatchObject({ route: 'cheap', rounds: 5 });
  });

  test('a route by the model field', () => {
    expect(plan({ request: { model: 'cheap' } })).toMatchObject({ status: 'ok', route: 'cheap' });
  });

  test('route and chain go over the model', () => {
    expect(plan({ route: 'cheap', request: { model: 'gpt-5.4' } })).toMatchObject({ route: 'cheap' });
    expect(plan({ chain: ['openai/gpt-5.4'], request: { model: 'cheap' } })).toMatchObject({
      route: null,
      chain: ['openai/gpt-5.4'],
      decision: { source: 'chain' },
    });
  });

  test('a target is a chain of one, also when the provider does not list the model', () => {
    expect(plan({ request: { model: 'openai/some-new-model' } })).toMatchObject({
      route: null,
      chain: ['openai/some-new-model'],
      decision: { source: 'target' },
    });
  });

  test('a target is split at its first slash only', () => {
    expect(plan({ request: { model: 'router/meta-llama/llama-4' } })).toMatchObject({
      chain: ['router/meta-llama/llama-4'],
      decision: { source: 'target' },
    });
  });

  test('a plain name is the first target that serves it', () => {
    expect(plan({ request: { model: 'gpt-5.4' } })).toMatchObject({
      chain: ['openai/gpt-5.4'],
      decision: { source: 'model' },
    });
  });

  test('a plain name may contain a slash that is not a provider', () => {
    const targetsOfModel = (): readonly ['router/meta-llama/llama-4'] => ['router/meta-llama/llama-4'];
    expect(plan({ request: { model: 'meta-llama/llama-4' } }, { targetsOfModel })).toMatchObject({
      chain: ['router/meta-llama/llama-4'],
      decision: { source: 'model' },
    });
  });

  test('the same input yields the same plan', () => {
    expect(plan({ request: { model: 'gpt-5.4' } })).toEqual(plan({ request: { model: 'gpt-5.4' } }));
  });
});

describe('what cannot be planned says what is wrong and where', () => {
  test('an unknown route', () => {
    expect(plan({ route: 'fast', request: {} })).toEqual({
      status: 'error',
      code: 'unknown_route',
      message: 'There is no route "fast"; known routes: default, cheap.',
      param: 'route',
    });
  });

  test.each(['constructor', '__proto__', 'toString'])('a name that every object has: %s', (route) => {
    expect(plan({ route, request: {} })).toMatchObject({ status: 'error', code: 'unknown_route' });
    expect(plan({ request: { model: route } })).toMatchObject({ status: 'error', code: 'unknown_model' });
    expect(plan({ request: { model: `${route}/x` } })).toMatchObject({ code: 'unknown_target' });
  });

  test('no default route', () => {
    expect(plan({ request: {} }, { config: { ...config, routes: {} } })).toMatchObject({
      code: 'unknown_route',
      param: 'request.model',
      message: 'There is no route "default"; known routes: none.',
    });
  });

  test('an unknown provider within a chain, by its position', () => {
    expect(plan({ chain: ['openai/gpt-5.4', 'azure/gpt-5.4'], request: {} })).toMatchObject({
      code: 'unknown_target',
      param: 'chain.1',
      message: 'There is no provider "azure" in "azure/gpt-5.4"; known providers: openai, google, router.',
    });
  });

  test('an unknown provider in the model field', () => {
    expect(plan({ request: { model: 'azure/gpt-5.4' } })).toMatchObject({
      code: 'unknown_target',
      param: 'request.model',
    });
  });

  test('a plain name that nobody serves', () => {
    expect(plan({ request: { model: 'gpt-99' } })).toMatchObject({
      code: 'unknown_model',
      param: 'request.model',
    });
  });
});
