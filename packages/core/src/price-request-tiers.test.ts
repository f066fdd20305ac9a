import { ZERO_USAGE, type ModelEntry, type Usage } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { priceRequest } from './price-request.ts';

const entry: ModelEntry = {
  price: {
    input: 2,
    output: 10,
    cache_read: 0.2,
    cache_write_5m: 2.5,
    cache_write_1h: 4,
    audio_input: 6,
    audio_output: 20,
    batch_input: 1,
    batch_output: 5,
    flex_input: 1,
    flex_output: 4,
    priority_input: 4,
    priority_output: 20,
    long_context: { above_input_tokens: 1_000_000, input: 4, output: 15 },
  },
};
const usage = (fields: Partial<Usage>): Usage => ({ ...ZERO_USAGE, ...fields });
const MILLION = 1_000_000;
const plain = usage({ prompt_tokens: MILLION, completion_tokens: MILLION });

describe('priceRequest by tier', () => {
  it.each([
    [{}, 12],
    [{ serviceTier: 'default' }, 12],
    [{ serviceTier: 'standard' }, 12],
    [{ serviceTier: null }, 12],
    [{ lane: 'batch' as const }, 6],
    [{ serviceTier: 'batch' }, 6],
    [{ serviceTier: 'flex' }, 5],
    [{ serviceTier: 'priority' }, 24],
    // What is billed is what the answer names: a flex job that was served by default costs the list price.
    [{ lane: 'flex' as const, serviceTier: 'default' }, 12],
  ])('%o costs %d dollars', (how, costUsd) => {
    expect(priceRequest({ usage: plain, entry, ...how }).costUsd).toBe(costUsd);
  });

  it('leaves what a tier does not price at the list price', () => {
    const listed: ModelEntry = { price: { input: 2, output: 10 } };
    expect(priceRequest({ usage: plain, entry: listed, serviceTier: 'priority' }).costUsd).toBe(12);
  });

  it('prices an hour of cache apart from five minutes', () => {
    const written = usage({
      prompt_tokens: MILLION,
      cache_write_tokens: MILLION,
      cache_write_1h_tokens: MILLION / 4,
    });
    expect(priceRequest({ usage: written, entry }).costUsd).toBe(0.75 * 2.5 + 0.25 * 4);
  });

  it('prices sound apart from text', () => {
    const spoken = usage({
      prompt_tokens: MILLION,
      audio_input_tokens: MILLION / 2,
      completion_tokens: MILLION,
      audio_output_tokens: MILLION / 2,
    });
    expect(priceRequest({ usage: spoken, entry }).costUsd).toBe(0.5 * 2 + 0.5 * 6 + 0.5 * 10 + 0.5 * 20);
  });

  it('halves the cache with a batch, and doubles it with priority', () => {
    const read = usage({ prompt_tokens: MILLION, cache_read_tokens: MILLION });
    expect(priceRequest({ usage: read, entry, lane: 'batch' }).costUsd).toBe(0.1);
    expect(priceRequest({ usage: read, entry, serviceTier: 'priority' }).costUsd).toBe(0.4);
  });

  it('puts a long context on top of a batch', () => {
    const long = usage({ prompt_tokens: 2 * MILLION, completion_tokens: MILLION });
    expect(priceRequest({ usage: long, entry }).costUsd).toBe(2 * 4 + 15);
    expect(priceRequest({ usage: long, entry, lane: 'batch' }).costUsd).toBe(2 * 2 + 7.5);
  });

  it('never goes below nothing when a vendor counts more parts than the whole', () => {
    const odd = usage({ prompt_tokens: 10, cache_read_tokens: 20, audio_input_tokens: 50 });
    expect(priceRequest({ usage: odd, entry }).costUsd).toBeGreaterThanOrEqual(0);
  });
});
