import type Anthropic from '@anthropic-ai/sdk';
import { SchemaType, type Content, type FunctionDeclaration } from '@google/generative-ai';
import type OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { simulatedVendors, type SimulatedVendors } from '../support/simulated-vendors.ts';

const PARAMETERS = {
  type: 'object',
  properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } },
  required: ['city', 'unit'],
  additionalProperties: false,
} as const;
const ASK = 'What is the weather in Paris?';
const ASK_TWO = 'What is the weather in Paris and in Berlin? Ask for both.';
const argumentsSchema = z.strictObject({ city: z.string(), unit: z.enum(['celsius', 'fahrenheit']) });

let vendors: SimulatedVendors;
beforeAll(async () => {
  vendors = await simulatedVendors();
});
afterAll(() => vendors.close());
beforeEach(() => vendors.simulator.control.reset());

describe('openai', () => {
  const tools: OpenAI.ChatCompletionTool[] = [
    { type: 'function', function: { name: 'get_weather', parameters: PARAMETERS, strict: true } },
    { type: 'function', function: { name: 'ping' } },
  ];
  const ask = (
    content: string,
    more: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> = {},
  ): Promise<OpenAI.ChatCompletion> =>
    vendors.openai.chat.completions.create({
      model: 'gpt-4.1-mini',
      messages: [{ role: 'user', content }],
      tools,
      ...more,
    });

  test('calls the tool that the prompt is about, with arguments that fit its schema', async () => {
    const { choices, usage } = await ask(ASK);
    const [choice] = choices;
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    const [call] = choice!.message.tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[];
    expect(call).toMatchObject({ type: 'function', function: { name: 'get_weather' } });
    expect(call!.id).toMatch(/^call_[A-Za-z0-9]{24}$/);
    expect(argumentsSchema.parse(JSON.parse(call!.function.arguments)).city).toBe('Paris');
    expect(usage!.completion_tokens).toBeGreaterThan(0);
  });

  test('two calls when asked for both, one when parallel calls are off, none when it may not', async () => {
    const calls = async (more: object): Promise<number> =>
      (await ask(ASK_TWO, more)).choices[0]!.message.tool_calls?.length ?? 0;
    expect(await calls({})).toBe(2);
    expect(await calls({ parallel_tool_calls: false })).toBe(1);
    expect(await calls({ tool_choice: 'none' })).toBe(0);
  });

  test('a required choice calls something; a named one ends with stop', async () => {
    const required = (await ask('Hello', { tool_choice: 'required' })).choices[0]!;
    expect(required).toMatchObject({ finish_reason: 'tool_calls' });
    const named = (await ask('Hello', { tool_choice: { type: 'function', function: { name: 'ping' } } }))
      .choices[0]!;
    expect(named).toMatchObject({
      finish_reason: 'stop',
      message: { tool_calls: [{ function: { name: 'ping', arguments: '{}' } }] },
    });
    const allowed = await ask('Hello', {
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'ping' } }] },
      },
    });
    expect(allowed.choices[0]!.message.tool_calls).toMatchObject([{ function: { name: 'ping' } }]);
  });

  test('streams calls under indices that the accumulator of the SDK understands', async () => {
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    const stream = vendors.openai.chat.completions.stream({
      model: 'gpt-4.1-mini',
      messages: [{ role: 'user', content: ASK_TWO }],
      tools,
    });
    stream.on('chunk', (chunk) => chunks.push(chunk));
    const { choices } = await stream.finalChatCompletion();
    const calls = choices[0]!.message.tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[];
    expect(calls.map((call) => argumentsSchema.parse(JSON.parse(call.function.arguments)).city)).toEqual([
      'Paris',
      'Berlin',
    ]);
    const deltas = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
    expect(deltas.filter(({ id }) => id !== undefined)).toMatchObject([
      { index: 0, type: 'function', function: { name: 'get_weather', arguments: '' } },
      { index: 1, type: 'function', function: { name: 'get_weather', arguments: '' } },
    ]);
    expect(deltas.length).toBeGreaterThan(4);
  });

  test('answers in text that quotes the results', async () => {
    const first = (await ask(ASK_TWO)).choices[0]!.message;
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      { role: 'user', content: ASK_TWO },
      first,
      ...first.tool_calls!.map((call, index) => ({
        role: 'tool' as const,
        tool_call_id: call.id,
        content: `${index + 20} degrees`,
      })),
    ];
    const [choice] = (await ask('', { messages })).choices;
    expect(choice).toMatchObject({ finish_reason: 'stop' });
    expect(choice!.message.content).toContain('get_weather says: 20 degrees.');
    expect(choice!.message.content).toContain('get_weather says: 21 degrees.');
  });

  test('a limit cuts arguments short', async () => {
    const [choice] = (await ask(ASK, { max_completion_tokens: 6 })).choices;
    expect(choice!.finish_reason).toBe('length');
    const [call] = choice!.message.tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[];
    expect(() => JSON.parse(call!.function.arguments) as unknown).toThrow(SyntaxError);
  });
});

describe('anthropic', () => {
  const tools: Anthropic.Tool[] = [
    {
      name: 'get_weather',
      input_schema: { ...PARAMETERS, required: [...PARAMETERS.required] },
      strict: true,
    },
    { name: 'ping', input_schema: { type: 'object', properties: {} } },
  ];
  const body = { model: 'claude-haiku-4-5', max_tokens: 500, tools };
  const ask = (content: string, more: object = {}): Promise<Anthropic.Message> =>
    vendors.anthropic.messages.create({ ...body, messages: [{ role: 'user', content }], ...more });
  const uses = ({ content }: Anthropic.Message): Anthropic.ToolUseBlock[] =>
    content.filter((block) => block.type === 'tool_use');

  test('calls one tool, two when asked for both, and keeps to one where it must', async () => {
    const one = await ask(ASK);
    expect(one.stop_reason).toBe('tool_use');
    expect(uses(one)).toMatchObject([{ name: 'get_weather', input: { city: 'Paris' } }]);
    expect(uses(one)[0]!.id).toMatch(/^toolu_01[A-Za-z0-9]{22}$/);
    expect(uses(await ask(ASK_TWO))).toHaveLength(2);
    const alone = { tool_choice: { type: 'auto', disable_parallel_tool_use: true } };
    expect(uses(await ask(ASK_TWO, alone))).toHaveLength(1);
    expect(uses(await ask('Hello', { tool_choice: { type: 'tool', name: 'ping' } }))).toMatchObject([
      { name: 'ping', input: {} },
    ]);
    expect(uses(await ask(ASK, { tool_choice: { type: 'none' } }))).toEqual([]);
  });

  test('streams input as partial JSON; a call without arguments has none', async () => {
    const stream = vendors.anthropic.messages.stream({
      ...body,
      messages: [{ role: 'user', content: ASK_TWO }],
    });
    const deltas: string[] = [];
    stream.on('streamEvent', (event) => {
      if (event.type === 'content_block_delta' && event.delta.type === 'input_json_delta') {
        deltas.push(`${event.index}:${event.delta.partial_json}`);
      }
    });
    const message = await stream.finalMessage();
    expect(uses(message).map(({ input }) => argumentsSchema.parse(input).city)).toEqual(['Paris', 'Berlin']);
    expect(deltas[0]).toBe('0:');
    expect(deltas.some((delta) => delta.startsWith('1:{'))).toBe(true);
    const bare = await vendors.anthropic.messages
      .stream({
        ...body,
        messages: [{ role: 'user', content: 'x' }],
        tool_choice: { type: 'tool', name: 'ping' },
      })
      .finalMessage();
    expect(uses(bare)[0]!.input).toEqual({});
  });

  test('goes on after the results', async () => {
    const first = await ask(ASK_TWO);
    const results: Anthropic.ToolResultBlockParam[] = uses(first).map(({ id }) => ({
      type: 'tool_result',
      tool_use_id: id,
      content: [{ type: 'text', text: 'sunny' }],
    }));
    const messages: Anthropic.MessageParam[] = [
      { role: 'user', content: ASK_TWO },
      { role: 'assistant', content: first.content },
      { role: 'user', content: results },
    ];
    const second = await vendors.anthropic.messages.create({ ...body, messages });
    expect(second).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'text' }] });
    expect((second.content[0] as Anthropic.TextBlock).text).toContain('get_weather says: sunny.');
  });
});

describe('google', () => {
  const functionDeclarations: FunctionDeclaration[] = [
    {
      name: 'get_weather',
      parameters: {
        type: SchemaType.OBJECT,
        properties: {
          city: { type: SchemaType.STRING },
          unit: { type: SchemaType.STRING, format: 'enum', enum: ['celsius', 'fahrenheit'] },
        },
        required: ['city', 'unit'],
      },
    },
  ];

  test('calls with an object, two when asked for both, streamed whole', async () => {
    const model = vendors.gemini({ model: 'gemini-2.5-flash', tools: [{ functionDeclarations }] });
    const { response } = await model.generateContent(ASK);
    expect(response.candidates![0]!.finishReason).toBe('STOP');
    expect(argumentsSchema.parse(response.functionCalls()![0]!.args).city).toBe('Paris');
    const { stream } = await model.generateContentStream(ASK_TWO);
    const calls = [];
    for await (const chunk of stream) calls.push(...(chunk.functionCalls() ?? []));
    expect(calls.map(({ args }) => argumentsSchema.parse(args).city)).toEqual(['Paris', 'Berlin']);
  });

  test('the loop of a chat session works as the SDK drives it', async () => {
    const chat = vendors.gemini({ model: 'gemini-3.5-flash', tools: [{ functionDeclarations }] }).startChat();
    const first = (await chat.sendMessage(ASK)).response;
    expect(first.functionCalls()).toHaveLength(1);
    const second = (
      await chat.sendMessage([{ functionResponse: { name: 'get_weather', response: { sky: 'clear' } } }])
    ).response;
    expect(second.text()).toContain('get_weather says: {"sky":"clear"}.');
  });

  test('Gemini 3 takes a call back only with its signature or the sentinel', async () => {
    const model = vendors.gemini({ model: 'gemini-3.5-flash', tools: [{ functionDeclarations }] });
    const first = (await model.generateContent(ASK)).response.candidates![0]!.content;
    const back = (change: (part: Record<string, unknown>) => void): Promise<unknown> => {
      const parts = structuredClone(first.parts) as unknown as Record<string, unknown>[];
      parts.forEach(change);
      const contents = [
        { role: 'user', parts: [{ text: ASK }] },
        { role: 'model', parts },
        { role: 'user', parts: [{ functionResponse: { name: 'get_weather', response: {} } }] },
      ] as unknown as Content[];
      return model.generateContent({ contents });
    };
    await expect(back(() => {})).resolves.toBeDefined();
    const sentinel = 'skip_thought_signature_validator';
    await expect(back((part) => void (part['thoughtSignature'] = sentinel))).resolves.toBeDefined();
    await expect(back((part) => delete part['thoughtSignature'])).rejects.toThrow(
      'Function call is missing a thought_signature in functionCall parts.',
    );
    await expect(back((part) => void (part['thoughtSignature'] = 'c3R1ZmY='))).rejects.toThrow(
      'Corrupted thought signature.',
    );
  });
});

test('a malformed call: Gemini has a finish reason, OpenAI arguments that are no JSON', async () => {
  const { control } = vendors.simulator;
  await control.setFaults([{ account: '*', kind: 'malformed_function_call' }]);
  const gemini = await vendors.post('/v1beta/models/gemini-2.5-flash:generateContent', {
    contents: [{ role: 'user', parts: [{ text: ASK }] }],
    tools: [{ functionDeclarations: [{ name: 'get_weather' }] }],
  });
  expect(gemini.body).toMatchObject({
    candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL', content: { role: 'model' } }],
  });
  const openai = await vendors.openai.chat.completions.create({
    model: 'gpt-4.1-mini',
    messages: [{ role: 'user', content: ASK }],
    tools: [{ type: 'function', function: { name: 'get_weather', parameters: PARAMETERS } }],
  });
  const [call] = openai.choices[0]!.message.tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[];
  expect(() => JSON.parse(call!.function.arguments) as unknown).toThrow(SyntaxError);
});
