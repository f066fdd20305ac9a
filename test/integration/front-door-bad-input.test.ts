import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';
import { tinyPng } from '../support/tiny-png.ts';

let stack: Stack;
let client: OpenAI;
beforeAll(async () => {
  stack = await startStack();
  client = new OpenAI({ apiKey: stack.key, baseURL: `${stack.url}/v1`, maxRetries: 0 });
});
afterAll(() => stack.close());

const text = [{ role: 'user', content: 'Hello' }];
const image = (url: string): object => ({ type: 'image_url', image_url: { url } });
const seen = (...parts: object[]): object[] => [
  { role: 'user', content: [{ type: 'text', text: 'Look.' }, ...parts] },
];
const tool = (parameters: unknown, name = 'look'): object => ({
  type: 'function',
  function: { name, parameters },
});
const PNG = `data:image/png;base64,${tinyPng().toString('base64')}`;
const RECURSIVE = {
  type: 'object',
  properties: { next: { $ref: '#/$defs/node' } },
  $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
};

test.each<[string, string, object, RegExp]>([
  [
    'a tool whose schema is no schema',
    'openai/gpt-5.4-mini',
    { messages: text, tools: [tool({ type: 'strange' })] },
    /schema|type/,
  ],
  [
    'a tool without a usable name',
    'openai/gpt-5.4-mini',
    { messages: text, tools: [tool({}, 'not a name!')] },
    /name/,
  ],
  [
    'a tool choice that names no tool',
    'openai/gpt-5.4-mini',
    { messages: text, tools: [tool({})], tool_choice: { type: 'function', function: { name: 'other' } } },
    /tool_choice|other/,
  ],
  [
    'an answer to a call that was not made',
    'openai/gpt-5.4-mini',
    { messages: [...text, { role: 'tool', tool_call_id: 'call_1', content: 'x' }] },
    /tool/,
  ],
  [
    'a recursive schema where the vendor has none',
    'google/gemini-2.5-flash',
    { messages: text, tools: [tool(RECURSIVE)] },
    /recurs|itself|\$ref/i,
  ],
  [
    'an image that is none',
    'anthropic/claude-haiku-4-5',
    { messages: seen(image(`data:image/png;base64,${Buffer.from('no image').toString('base64')}`)) },
    /not an image/,
  ],
  ['an image that is no URL', 'openai/gpt-5.4-mini', { messages: seen(image('cat.png')) }, /URL/],
  [
    'more images than the vendor takes',
    'anthropic/claude-haiku-4-5',
    { messages: seen(...Array.from({ length: 101 }, () => image(PNG))) },
    /images/,
  ],
  [
    'a prompt over every window',
    'anthropic/claude-haiku-4-5',
    { messages: [{ role: 'user', content: 'word and '.repeat(400_000) }] },
    /window|tokens|too long/,
  ],
  [
    'two answers where the vendor gives one',
    'anthropic/claude-haiku-4-5',
    { messages: text, n: 2 },
    /one answer/,
  ],
  [
    'a schema without a name',
    'openai/gpt-5.4-mini',
    { messages: text, response_format: { type: 'json_schema', json_schema: { schema: {} } } },
    /name/,
  ],
])('%s is a clear 400 before anything is paid', async (_what, model, body, message) => {
  const call = client.chat.completions.create({ model, ...body } as never);
  const error = await call.then(
    () => null,
    (thrown: InstanceType<typeof OpenAI.APIError>) => thrown,
  );
  expect(error).toMatchObject({
    status: 400,
    type: 'invalid_request_error',
    message: expect.stringMatching(message),
  });
  expect(stack.simulator.control.summary().calls).toBe(0);
});
