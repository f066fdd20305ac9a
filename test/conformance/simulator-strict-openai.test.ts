import { afterAll, beforeAll, expect, test } from 'vitest';
import { simulatedVendors, type SimulatedVendors } from '../support/simulated-vendors.ts';

const USER = { role: 'user', content: 'Hello' };
const OBJECT = {
  type: 'object',
  properties: { a: { type: 'string' } },
  required: ['a'],
  additionalProperties: false,
};
const TOOL = { type: 'function', function: { name: 'ping' } };
const CALL = { id: 'call_1', type: 'function', function: { name: 'ping', arguments: '{}' } };
const ASSISTANT = { role: 'assistant', content: null, tool_calls: [CALL] };
const RESULT = { role: 'tool', tool_call_id: 'call_1', content: 'pong' };

const tool = (fields: object): object => ({
  tools: [{ type: 'function', function: { name: 'f', ...fields } }],
});
const format = (schema: unknown, strict = true): object => ({
  response_format: { type: 'json_schema', json_schema: { name: 'out', schema, strict } },
});

let vendors: SimulatedVendors;
beforeAll(async () => {
  vendors = await simulatedVendors();
});
afterAll(() => vendors.close());

const refused: [object, string][] = [
  [{ messages: [USER, RESULT] }, "messages with role 'tool' must be a response to a preceeding message"],
  [{ messages: [USER, ASSISTANT, USER] }, 'did not have response messages: call_1'],
  [{ messages: [USER, ASSISTANT] }, 'did not have response messages: call_1'],
  [
    { messages: [USER, ASSISTANT, RESULT, { ...RESULT, tool_call_id: 'x' }] },
    "'tool_call_id' of 'x' not found",
  ],
  [{ messages: [USER, { role: 'assistant', content: null }] }, 'expected a string, got null'],
  [{ messages: [USER, { ...ASSISTANT, tool_calls: [] }] }, "Invalid 'messages[1].tool_calls': empty array."],
  [
    { messages: [USER, { ...ASSISTANT, tool_calls: [{ ...CALL, id: 'x'.repeat(41) }] }] },
    'Expected a string with maximum length 40, but got a string with length 41 instead.',
  ],
  [
    { messages: [USER, { ...ASSISTANT, tool_calls: [{ ...CALL, function: { name: 'f', arguments: {} } }] }] },
    'expected a string, but got an object instead.',
  ],
  [{ messages: [{ ...USER, reasoning_details: [] }] }, "Unknown parameter: 'messages[0].reasoning_details'."],
  [
    { messages: [{ role: 'user', content: [{ type: 'text', text: 'x', cache_control: {} }] }] },
    "Unknown parameter: 'messages[0].content[0].cache_control'.",
  ],
  [{ tools: [] }, "Invalid 'tools': empty array."],
  [{ tools: [{ ...TOOL, cache_control: {} }] }, "Unknown parameter: 'tools[0].cache_control'."],
  [tool({ name: 'get weather' }), "matches the pattern '^[a-zA-Z0-9_-]+$'."],
  [tool({ name: 'x'.repeat(65) }), 'Expected a string with maximum length 64'],
  [tool({ parameters: { type: 'string' } }), `got 'type: "string"'.`],
  [
    tool({ parameters: { type: 'object', properties: { a: { type: 'array' } } } }),
    "Invalid schema for function 'f': In context=('properties', 'a'), array schema missing items.",
  ],
  [
    tool({ strict: true, parameters: { type: 'object', properties: {} } }),
    "In context=(), 'additionalProperties' is required to be supplied and to be false.",
  ],
  [tool({ strict: true, parameters: { ...OBJECT, required: [] } }), "Missing 'a'."],
  [{ tool_choice: 'auto' }, "'tool_choice' is only allowed when 'tools' are specified."],
  [{ parallel_tool_calls: false }, "'parallel_tool_calls' is only allowed when 'tools' are specified."],
  [
    { tools: [TOOL], tool_choice: { type: 'function', function: { name: 'pong' } } },
    "Tool choice 'pong' not found in 'tools' parameter.",
  ],
  [{ response_format: { type: 'xml' } }, "Supported values are: 'json_object', 'json_schema', and 'text'."],
  [{ response_format: { type: 'json_object' } }, "must contain the word 'json' in some form"],
  [
    { response_format: { type: 'json_schema' } },
    "Missing required parameter: 'response_format.json_schema'.",
  ],
  [format({ type: 'array', items: OBJECT }), `got 'type: "array"'.`],
  [format({ ...OBJECT, allOf: [{}] }), "In context=(), 'allOf' is not permitted."],
  [
    format({ ...OBJECT, properties: { a: {} } }),
    "In context=('properties', 'a'), schema must have a 'type' key.",
  ],
  [format({ ...OBJECT, properties: { a: { $ref: '#/$defs/no' } } }), 'which was not found in the schema.'],
  [{ n: 200 }, 'Expected a value <= 128, but got 200 instead.'],
  [{ top_logprobs: 2 }, "only allowed when 'logprobs' is enabled."],
  [{ model: 'o3', logprobs: true }, 'You are not allowed to request logprobs from this model'],
  [{ service_tier: 'gold' }, "Invalid value: 'gold'."],
  [{ prompt_cache_retention: 'in-memory' }, "Supported values are: 'in_memory' and '24h'."],
  [{ verbosity: 'low' }, "is not supported with the 'gpt-4.1' model."],
  [{ max_tokens: 5, max_completion_tokens: 5 }, 'at the same time is not supported.'],
  [{ provider_options: {} }, "Unknown parameter: 'provider_options'."],
  [{ top_k: 3 }, "Unknown parameter: 'top_k'."],
];

test.each(refused)('400 for %j', async (fields, message) => {
  const answer = await vendors.post('/openai/v1/chat/completions', {
    model: 'gpt-4.1',
    messages: [USER],
    ...fields,
  });
  expect(answer).toMatchObject({
    status: 400,
    message: expect.stringContaining(message) as string,
    body: { error: { type: 'invalid_request_error' } },
  });
});

const accepted: object[] = [
  { messages: [USER, ASSISTANT, RESULT] },
  // As an SDK sends an answer back.
  {
    messages: [
      USER,
      { ...ASSISTANT, refusal: null, annotations: [] },
      RESULT,
      { role: 'developer', content: 'x' },
    ],
  },
  { tools: [TOOL], tool_choice: 'required', parallel_tool_calls: false },
  tool({ strict: true, parameters: OBJECT }),
  tool({ parameters: { type: 'object', properties: { a: {}, b: { oneOf: [{ type: 'string' }] } } } }),
  format({ ...OBJECT, properties: { a: { anyOf: [{ $ref: '#' }, { type: 'null' }] } } }),
  format({ type: 'object' }, false),
  {
    metadata: { a: 'b' },
    user: 'u',
    prompt_cache_key: 'k',
    prompt_cache_retention: '24h',
    seed: 1,
    store: false,
  },
];

test.each(accepted)('200 for %j', async (fields) => {
  const body = { model: 'gpt-4.1', messages: [USER], ...fields };
  expect(await vendors.post('/openai/v1/chat/completions', body)).toMatchObject({ status: 200, message: '' });
});

test('a compatible server ignores what it does not know', async () => {
  const body = { model: 'llama', messages: [{ ...USER, extra: 1 }], top_k: 3, repetition_penalty: 1.1 };
  expect(await vendors.post('/local/v1/chat/completions', body)).toMatchObject({ status: 200 });
});

test('several answers come apart, plain and streamed, and are all billed', async () => {
  const body = { model: 'gpt-4.1', messages: [{ role: 'user' as const, content: 'Hello' }], n: 2 };
  const { choices, usage } = await vendors.openai.chat.completions.create(body);
  const texts = choices.map(({ message }) => message.content!);
  expect(new Set(texts).size).toBe(2);
  expect(usage!.completion_tokens).toBe(texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0));
  const streamed = ['', ''];
  for await (const chunk of await vendors.openai.chat.completions.create({ ...body, stream: true })) {
    for (const { index, delta } of chunk.choices) streamed[index] += delta.content ?? '';
  }
  expect(streamed).toEqual(texts);
});

test('log probabilities cover the text; the service tier is named and billed', async () => {
  const { choices, service_tier: tier } = await vendors.openai.chat.completions.create({
    model: 'gpt-4.1',
    messages: [{ role: 'user', content: 'Hello' }],
    logprobs: true,
    top_logprobs: 2,
    service_tier: 'flex',
  });
  const tokens = choices[0]!.logprobs!.content!;
  expect(tokens.map(({ token }) => token).join('')).toBe(choices[0]!.message.content);
  expect(tokens.every(({ token, top_logprobs: top }) => top.length === 2 && top[0]!.token === token)).toBe(
    true,
  );
  expect(tier).toBe('flex');
  const call = vendors.simulator.control.calls().at(-1)!;
  expect(call.service_tier).toBe('flex');
  expect(call.cost_usd * 1e6).toBeCloseTo((call.prompt_tokens + 5 * call.completion_tokens) / 2, 6);
});
