import { configSchema, type Target } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { createModelCatalogue } from './model-catalogue.ts';

const config = configSchema.parse({
  providers: {
    openai: { kind: 'openai' },
    second: { kind: 'openai' },
    anthropic: { kind: 'anthropic' },
    google: { kind: 'google' },
    local: { kind: 'vllm' },
  },
  models: {
    'second/gpt-5.4-mini': { price: { input: 9, output: 10 } },
    'local/my-model': { max_input_tokens: 4_096 },
  },
});
const catalogue = createModelCatalogue({ overrides: config.models, providers: config.providers });

describe('createModelCatalogue', () => {
  it('knows a listed model, its price and the price list', () => {
    const found = catalogue.resolve('openai/gpt-5.4-mini');
    expect(found).toMatchObject({ vendor: 'openai', known: true, warning: null, priceVersion: '2026-07-24' });
    expect(found.entry.price?.input).toBeGreaterThan(0);
  });

  it('lays overrides over the built-in entry and names their price list', () => {
    const found = catalogue.resolve('second/gpt-5.4-mini');
    expect(found.entry.price).toEqual({ input: 9, output: 10 });
    expect(found.entry.max_output_tokens).toBe(128_000);
    expect(found.priceVersion).toMatch(/^config\/[0-9a-f]{8}$/);
  });

  it.each([
    ['anthropic/claude-haiku-9', 'claude-haiku-4-5'],
    ['anthropic/claude-sonnet-5-20270101', 'claude-sonnet-5'],
    ['anthropic/claude-4-1-opus', 'claude-opus-4-1'],
    ['openai/gpt-5.9-mini', 'gpt-5.4-mini'],
    ['openai/gpt-5-mini-2027-01-01', 'gpt-5-mini'],
    ['openai/gpt-5.9-zeta', 'gpt-5.6'],
    ['openai/o9-mini', 'o4-mini'],
    ['google/gemini-9.0-flash-lite', 'gemini-3.5-flash-lite'],
    ['google/gemini-9.0-flash', 'gemini-3.6-flash'],
  ])('treats the unknown %s as %s, with a warning', (target, relative) => {
    const found = catalogue.resolve(target as Target);
    const same = catalogue.resolve(`${target.split('/')[0]}/${relative}` as Target);
    expect(found.entry).toEqual(same.entry);
    expect(found.known).toBe(false);
    expect(found.warning).toMatchObject({ code: 'unknown_model', target });
    expect(found.warning?.message).toContain(`"${relative}"`);
    expect(found.priceVersion).toBe(`2026-07-24/${relative}`);
  });

  it('of an unknown new Claude line takes the careful view: no sampling parameters', () => {
    expect(catalogue.resolve('anthropic/claude-nova-9').entry.rejects).toContain('sampling_params');
  });

  it.each(['local/llama-4', 'anthropic/constructor', 'nobody/gpt-5.4-mini', 'openai/__proto__'] as const)(
    'answers %s with an empty entry and a warning',
    (target) => {
      const found = catalogue.resolve(target);
      expect(found).toMatchObject({ entry: {}, known: false, priceVersion: null });
      expect(found.warning?.code).toBe('unknown_model');
    },
  );

  it('lists the targets of a plain model name in the order of the configuration', () => {
    expect(catalogue.targetsOfModel('gpt-5.4-mini')).toEqual(['openai/gpt-5.4-mini', 'second/gpt-5.4-mini']);
    expect(catalogue.targetsOfModel('my-model')).toEqual(['local/my-model']);
    expect(catalogue.targetsOfModel('toString')).toEqual([]);
  });
});

it('a model that no provider lists goes to those that take any', () => {
  const timeouts = { connect_ms: 1, first_token_ms: 1, total_ms: 1 };
  const catalogue = createModelCatalogue({
    overrides: {},
    providers: {
      openai: { kind: 'openai', timeouts },
      router: { kind: 'openrouter', catch_all: true, timeouts },
    },
  });
  expect(catalogue.targetsToCall('gpt-5.4-mini')).toEqual(['openai/gpt-5.4-mini']);
  expect(catalogue.targetsToCall('some-lab/some-model')).toEqual(['router/some-lab/some-model']);
  expect(catalogue.targetsOfModel('some-lab/some-model')).toEqual([]);
});
