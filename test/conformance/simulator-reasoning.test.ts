import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { simulatedVendors, type SimulatedVendors } from '../support/simulated-vendors.ts';

let vendors: SimulatedVendors;
beforeAll(async () => {
  vendors = await simulatedVendors();
});
afterAll(() => vendors.close());
beforeEach(() => vendors.simulator.control.reset());

describe('openai', () => {
  const ask = (
    more: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>,
  ): Promise<OpenAI.ChatCompletion> =>
    vendors.openai.chat.completions.create({
      model: 'gpt-5-mini',
      messages: [{ role: 'user', content: 'Why do durable queues matter?' }],
      ...more,
    });

  test('reasons unseen, and bills it inside the completion', async () => {
    const { usage, choices } = await ask({ reasoning_effort: 'high' });
    const text = choices[0]!.message.content!;
    expect(usage!.completion_tokens_details).toMatchObject({ reasoning_tokens: 128 });
    expect(usage!.completion_tokens).toBe(128 + Math.ceil(text.length / 4));
    expect(vendors.simulator.control.calls()[0]).toMatchObject({
      reasoning_tokens: 128,
      completion_tokens: usage!.completion_tokens,
    });
    const less = await ask({ reasoning_effort: 'minimal' });
    expect(less.usage!.completion_tokens_details!.reasoning_tokens).toBe(8);
    expect((await ask({ model: 'gpt-5.4-mini' })).usage!.completion_tokens_details).toMatchObject({
      reasoning_tokens: 0,
    });
  });

  test('a limit that reasoning uses up leaves an empty answer', async () => {
    const { usage, choices } = await ask({ max_completion_tokens: 10 });
    expect(choices[0]).toMatchObject({ finish_reason: 'length', message: { content: '' } });
    expect(usage).toMatchObject({
      completion_tokens: 10,
      completion_tokens_details: { reasoning_tokens: 10 },
    });
  });

  test.each([
    [{ reasoning_effort: 'none' as const }, /'reasoning_effort' does not support 'none' with this model/],
    [{ model: 'gpt-4.1', reasoning_effort: 'low' as const }, /Unrecognized request argument supplied/],
    [{ model: 'gpt-5.4', reasoning_effort: 'minimal' as const }, /Supported values are: 'none', 'low'/],
  ])('400 for %j', async (more, message) => {
    await expect(ask(more)).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('anthropic', () => {
  const tools: Anthropic.Tool[] = [
    { name: 'get_weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } },
  ];
  const question: Anthropic.MessageParam = { role: 'user', content: 'What is the weather in Paris?' };
  const body = {
    model: 'claude-haiku-4-5',
    max_tokens: 2_000,
    thinking: { type: 'enabled' as const, budget_tokens: 1_024 },
    messages: [question],
  };
  const ask = (more: object = {}): Promise<Anthropic.Message> =>
    vendors.anthropic.messages.create({ ...body, ...more } as Anthropic.MessageCreateParamsNonStreaming);

  test('thinks in a signed block, counted in the output, and streams it', async () => {
    const plain = await ask();
    expect(plain.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
    const thinking = plain.content[0] as Anthropic.ThinkingBlock;
    expect(thinking.signature).not.toBe('');
    expect(plain.usage.output_tokens_details).toEqual({
      thinking_tokens: Math.ceil(thinking.thinking.length / 4),
    });
    const events: string[] = [];
    const stream = vendors.anthropic.messages.stream(body);
    stream.on('streamEvent', (event) => {
      if (event.type === 'content_block_delta') events.push(event.delta.type);
    });
    const streamed = await stream.finalMessage();
    expect(streamed.content).toEqual(plain.content);
    expect([...new Set(events)]).toEqual(['thinking_delta', 'signature_delta', 'text_delta']);
  });

  test('a tool loop needs the thoughts back, unchanged', async () => {
    const first = await ask({ tools });
    expect(first.content.map(({ type }) => type)).toEqual(['thinking', 'tool_use']);
    const [thinking, use] = first.content as [Anthropic.ThinkingBlock, Anthropic.ToolUseBlock];
    const result = { type: 'tool_result' as const, tool_use_id: use.id, content: 'sunny' };
    const back = (content: Anthropic.ContentBlockParam[], more: object = {}): Promise<Anthropic.Message> => {
      const messages = [question, { role: 'assistant', content }, { role: 'user', content: [result] }];
      return ask({ tools, messages, ...more });
    };
    expect((await back(first.content)).stop_reason).toBe('end_turn');
    await expect(back([use])).rejects.toThrow(
      'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`.',
    );
    await expect(back([use], { thinking: { type: 'disabled' } })).resolves.toBeDefined();
    await expect(back([{ ...thinking, thinking: 'Something else.' }, use])).rejects.toThrow(
      'messages.1.content.0: Invalid `signature` in `thinking` block',
    );
  });

  test('redacted thoughts come when the test prompt asks for them, and go back too', async () => {
    const content =
      'ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB';
    const { content: blocks } = await ask({ messages: [{ role: 'user', content }] });
    expect(blocks[0]).toMatchObject({ type: 'redacted_thinking', data: expect.any(String) as string });
    const next = (block: object): Promise<Anthropic.Message> =>
      ask({ messages: [question, { role: 'assistant', content: [block, blocks[1]] }, question] });
    await expect(next(blocks[0]!)).resolves.toBeDefined();
    await expect(next({ type: 'redacted_thinking', data: 'eA==' })).rejects.toThrow(
      'Invalid `data` in `redacted_thinking` block',
    );
  });

  test('newer models think adaptively; omitted thoughts keep their signature', async () => {
    const adaptive = { model: 'claude-opus-4-7', thinking: { type: 'adaptive', display: 'omitted' } };
    const { content } = await ask(adaptive);
    expect(content[0]).toMatchObject({ type: 'thinking', thinking: '' });
    await expect(ask({ model: 'claude-opus-4-7' })).rejects.toThrow('is not supported for this model.');
    await expect(ask({ thinking: { type: 'adaptive' } })).rejects.toThrow(
      'adaptive thinking is not supported on this model',
    );
  });

  test.each([
    [{ thinking: { type: 'enabled', budget_tokens: 500 } }, 'greater than or equal to 1024'],
    [{ max_tokens: 1_024 }, '`max_tokens` must be greater than `thinking.budget_tokens`.'],
    [{ temperature: 0.5 }, '`temperature` may only be set to 1 when thinking is enabled.'],
    [{ top_k: 3 }, '`top_k` must be unset when thinking is enabled.'],
    [
      { tools, tool_choice: { type: 'any' } },
      'Thinking may not be enabled when tool_choice forces tool use.',
    ],
    [{ model: 'claude-3-haiku-20240307' }, "'claude-3-haiku-20240307' does not support thinking."],
    [{ output_config: { effort: 'high' } }, 'This model does not support the effort parameter.'],
  ])('400 for %j', async (more, message) => {
    await expect(ask(more)).rejects.toThrow(message);
  });
});

describe('google', () => {
  const ask = (
    model: string,
    thinkingConfig?: object,
  ): Promise<{ status: number; message: string; body: unknown }> =>
    vendors.post(`/v1beta/models/${model}:generateContent`, {
      contents: [{ role: 'user', parts: [{ text: 'Why do durable queues matter?' }] }],
      ...(thinkingConfig ? { generationConfig: { thinkingConfig } } : {}),
    });

  test('counts thoughts beside the candidates, and shows them on request', async () => {
    const { body } = await ask('gemini-2.5-pro', { includeThoughts: true });
    const { candidates, usageMetadata: usage } = body as {
      candidates: { content: { parts: { text: string; thought?: boolean }[] } }[];
      usageMetadata: Record<string, number>;
    };
    const [thought, text] = candidates[0]!.content.parts;
    expect(thought).toMatchObject({ thought: true });
    expect(text!.thought).toBeUndefined();
    expect(usage['thoughtsTokenCount']).toBe(48);
    expect(usage['candidatesTokenCount']).toBe(Math.ceil(text!.text.length / 4));
    expect(usage['totalTokenCount']).toBe(usage['promptTokenCount']! + usage['candidatesTokenCount']! + 48);
    expect(JSON.stringify((await ask('gemini-3.5-flash', { thinkingLevel: 'low' })).body)).toContain(
      '"thoughtsTokenCount":16',
    );
  });

  test.each([
    ['gemini-2.5-pro', { thinkingBudget: 0 }, 'Budget 0 is invalid. This model only works in thinking mode.'],
    ['gemini-2.5-flash', { thinkingBudget: 40_000 }, 'Please choose a value between 1 and 24576.'],
    ['gemini-2.5-flash', { thinkingLevel: 'low' }, 'Thinking level is not supported for this model.'],
    ['gemini-3.5-flash', { thinkingLevel: 'low', thinkingBudget: 9 }, 'only one of thinking budget'],
    ['gemini-2.0-flash', { thinkingBudget: 9 }, 'Thinking is not enabled for this model'],
    ['gemini-2.5-flash', { effort: 'low' }, 'Unknown name "effort"'],
  ])('400 at %s for %j', async (model, config, message) => {
    expect(await ask(model, config)).toMatchObject({
      status: 400,
      message: expect.stringContaining(message) as string,
    });
  });
});
