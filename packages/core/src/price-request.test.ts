import { ZERO_USAGE, type ModelEntry } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { priceRequest } from './price-request.ts';

const entry: ModelEntry = { price: { input: 3, output: 15, cache_read: 0.3, cache_write_5m: 3.75 } };
const usage = (fields: Partial<typeof ZERO_USAGE>) => ({ ...ZERO_USAGE, ...fields });

describe('priceRequest', () => {
  it('prices input and output per million tokens', () => {
    const priced = priceRequest({ usage: usage({ prompt_tokens: 1_000, completion_tokens: 200 }), entry });
    expect(priced).toEqual({ known: true, costUsd: 0.006 });
  });

  it('prices cache reads and writes apart from the rest of the input that contains them', () => {
    const priced = priceRequest({
      usage: usage({ prompt_tokens: 1_000, cache_read_tokens: 600, cache_write_tokens: 300 }),
      entry,
    });
    expect(priced.costUsd).toBeCloseTo((100 * 3 + 600 * 0.3 + 300 * 3.75) / 1e6, 12);
  });

  it('counts cache tokens as input where the model has no cache price', () => {
    const priced = priceRequest({
      usage: usage({ prompt_tokens: 1_000, cache_read_tokens: 600 }),
      entry: { price: { input: 2, output: 1 } },
    });
    expect(priced.costUsd).toBe(0.002);
  });

  it('takes the long-context price for the whole request, only above the threshold', () => {
    const long: ModelEntry = {
      price: {
        ...entry.price!,
        long_context: { above_input_tokens: 200_000, input: 6, output: 22.5 },
      },
    };
    const at = priceRequest({
      usage: usage({ prompt_tokens: 200_000, completion_tokens: 100 }),
      entry: long,
    });
    const above = priceRequest({
      usage: usage({ prompt_tokens: 200_001, completion_tokens: 100 }),
      entry: long,
    });
    expect(at.costUsd).toBe(0.6015);
    expect(above.costUsd).toBeCloseTo((200_001 * 6 + 100 * 22.5) / 1e6, 12);
    const cached = usage({ prompt_tokens: 300_000, cache_read_tokens: 300_000 });
    expect(priceRequest({ usage: cached, entry: long }).costUsd).toBeCloseTo(0.18, 12);
  });

  it('does not guess without a price', () => {
    expect(priceRequest({ usage: usage({ prompt_tokens: 5 }), entry: {} })).toEqual({
      known: false,
      costUsd: null,
    });
  });
});
