import { createModelCatalogue } from '@sluice/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { simulatedVendors, type SimulatedVendors } from '../support/simulated-vendors.ts';

let vendors: SimulatedVendors;
beforeAll(async () => {
  vendors = await simulatedVendors();
});
afterAll(() => vendors.close());

/** Models whose longest answer is sent as `max_tokens` when the caller names none. */
const MODELS = [
  'claude-haiku-4-5',
  'claude-opus-4-6',
  'claude-opus-4-6-20260205',
  'claude-opus-4-8',
  'claude-opus-5',
  'claude-sonnet-4-6',
  'claude-sonnet-5',
  'claude-fable-5',
];

const PROVIDER = {
  kind: 'anthropic' as const,
  timeouts: { connect_ms: 5_000, first_token_ms: 10_000, total_ms: 20_000 },
};

test.each(MODELS)('%s takes the longest answer that the catalogue knows of', async (model) => {
  const { entry } = createModelCatalogue({ overrides: {}, providers: { anthropic: PROVIDER } }).resolve(
    `anthropic/${model}`,
  );
  const answer = await vendors.anthropic.messages.create(
    { model, max_tokens: entry.max_output_tokens ?? 0, messages: [{ role: 'user', content: 'Hello' }] },
    { timeout: 10_000 },
  );
  expect(answer.model).toBe(model);
});
