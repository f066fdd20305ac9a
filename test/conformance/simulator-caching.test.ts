import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { simulatedVendors, type SimulatedVendors } from '../support/simulated-vendors.ts';

/** 2,000 tokens. */
const LONG = 'word and '.repeat(1_000).slice(0, 8_000);

let vendors: SimulatedVendors;
beforeAll(async () => {
  vendors = await simulatedVendors();
});
afterAll(() => vendors.close());
beforeEach(() => vendors.simulator.control.reset());

describe('anthropic', () => {
  type Cache = [input: number, written5m: number, written1h: number, read: number];
  const model = 'claude-sonnet-4-6';
  const mark = (ttl?: '1h'): { cache_control: Anthropic.CacheControlEphemeral } => ({
    cache_control: { type: 'ephemeral', ...(ttl ? { ttl } : {}) },
  });
  const text = (words: string, more: object = {}): Anthropic.TextBlockParam => ({
    type: 'text',
    text: words,
    ...more,
  });

  async function cacheOf(
    system: Anthropic.TextBlockParam[],
    content: string | Anthropic.TextBlockParam[],
    more: object = {},
  ): Promise<Cache> {
    const { usage } = await vendors.anthropic.messages.create({
      model,
      max_tokens: 50,
      system,
      messages: [{ role: 'user', content }],
      ...more,
    });
    const { ephemeral_5m_input_tokens: short, ephemeral_1h_input_tokens: long } = usage.cache_creation!;
    expect(usage.cache_creation_input_tokens).toBe(short + long);
    return [usage.input_tokens, short, long, usage.cache_read_input_tokens!];
  }

  test('a marked prefix is written once and read after, whatever follows it', async () => {
    expect(await cacheOf([text(LONG, mark())], 'One?')).toEqual([12, 2_000, 0, 0]);
    expect(await cacheOf([text(LONG, mark())], 'Two?')).toEqual([12, 0, 0, 2_000]);
    expect(await cacheOf([text(`x${LONG}`, mark())], 'Two?')).toEqual([12, 2_001, 0, 0]);
    expect(await cacheOf([text(LONG)], 'Two?')).toEqual([2_012, 0, 0, 0]);
    const [first, second] = vendors.simulator.control.calls();
    expect(first).toMatchObject({ cache_write_tokens: 2_000, cache_read_tokens: 0 });
    expect(second).toMatchObject({ cache_write_tokens: 0, cache_read_tokens: 2_000 });
    // 1.25 times the price to write, a tenth to read.
    const inputOf = (call: typeof first): number => call!.cost_usd * 1e6 - call!.completion_tokens * 5;
    expect(inputOf(first)).toBeCloseTo(12 + 2_500, 6);
    expect(inputOf(second)).toBeCloseTo(12 + 200, 6);
  });

  test('each lifetime is counted on its own', async () => {
    const system = [text(LONG, mark('1h')), text(LONG, mark())];
    expect(await cacheOf(system, 'One?')).toEqual([12, 2_000, 2_000, 0]);
    expect(await cacheOf(system, 'Two?')).toEqual([12, 0, 0, 4_000]);
  });

  test('a conversation that grows reads what it wrote, also with the mark of the request', async () => {
    const more = { cache_control: { type: 'ephemeral' } };
    expect((await cacheOf([text(LONG)], [text('One?')], more)).slice(1)).toEqual([2_001, 0, 0]);
    expect((await cacheOf([text(LONG)], [text('One?'), text('Two?')], more)).slice(1)).toEqual([1, 0, 2_001]);
  });

  test('a short prefix is not cached', async () => {
    const short = text(LONG.slice(0, 4_000), mark());
    expect(await cacheOf([short], 'One?')).toEqual([1_012, 0, 0, 0]);
    expect(await cacheOf([short], 'One?')).toEqual([1_012, 0, 0, 0]);
    expect((await cacheOf([text(LONG, mark())], 'One?', { model: 'claude-haiku-4-5' }))[3]).toBe(0);
  });

  test.each([
    [
      Array.from({ length: 5 }, () => text('x', mark())),
      'A maximum of 4 blocks with cache_control may be provided. Found 5.',
    ],
    [[text('x', mark()), text('x', mark('1h'))], "must not come after a ttl='5m' cache_control block"],
    [[text('', mark())], 'system.0.text: cache_control cannot be set for empty text blocks'],
    [[text('x', { cache_control: { type: 'lasting' } })], "expected tags: 'ephemeral'"],
    [[text('x', { cache_control: { type: 'ephemeral', ttl: '2h' } })], "Input should be '5m' or '1h'"],
  ])('400 for %j', async (system, message) => {
    await expect(cacheOf(system, 'Hi')).rejects.toThrow(message);
  });
});

describe('openai', () => {
  async function cachedTokens(
    content: string,
    more: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> = {},
  ): Promise<number> {
    const { usage } = await vendors.openai.chat.completions.create({
      model: 'gpt-4.1-mini',
      messages: [
        { role: 'system', content: LONG },
        { role: 'user', content },
      ],
      ...more,
    });
    return usage!.prompt_tokens_details!.cached_tokens!;
  }

  test('caches long prefixes in steps of 128, by key and model', async () => {
    expect(await cachedTokens('One?')).toBe(0);
    expect(await cachedTokens('Two?')).toBe(1_920);
    expect(await cachedTokens('Two?', { prompt_cache_key: 'other' })).toBe(0);
    expect(await cachedTokens('Three?', { prompt_cache_key: 'other' })).toBe(1_920);
    expect(await cachedTokens('Two?', { model: 'gpt-4.1' })).toBe(0);
    const short = [{ role: 'user' as const, content: LONG.slice(0, 3_000) }];
    for (const expected of [0, 0]) expect(await cachedTokens('', { messages: short })).toBe(expected);
  });
});

test('google caches implicitly, inside the prompt count', async () => {
  const model = vendors.gemini({ model: 'gemini-2.5-flash', systemInstruction: LONG });
  const usageOf = async (prompt: string): Promise<{ cached: number | undefined; prompt: number }> => {
    const { cachedContentTokenCount: cached, promptTokenCount } = (await model.generateContent(prompt))
      .response.usageMetadata!;
    return { cached, prompt: promptTokenCount };
  };
  expect((await usageOf('One?')).cached).toBeUndefined();
  expect(await usageOf('Two?')).toEqual({ cached: 1_920, prompt: 2_012 });
});
