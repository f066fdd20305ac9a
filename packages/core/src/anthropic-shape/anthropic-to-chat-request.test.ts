import { chatRequestSchema } from '@sluice/contracts';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { anthropicMessageParamsSchema, type AnthropicMessageParams } from './anthropic-message-params.ts';
import { anthropicToChatRequest } from './anthropic-to-chat-request.ts';

const PNG = 'iVBORw0KGgo=';
const BASE = { model: 'claude-haiku-4-5', max_tokens: 100 };
const HELLO = [{ role: 'user' as const, content: 'Hello' }];

function convert(params: object): ReturnType<typeof anthropicToChatRequest> {
  const converted = anthropicToChatRequest(anthropicMessageParamsSchema.parse({ ...BASE, ...params }));
  expect(chatRequestSchema.parse(converted.request)).toEqual(converted.request);
  return converted;
}

test('a plain conversation keeps roles, texts and options', () => {
  const { request, warnings } = convert({
    system: 'Be brief.',
    messages: [...HELLO, { role: 'assistant', content: 'Hi' }, { role: 'user', content: 'Go on' }],
    temperature: 0.5,
    top_k: 3,
    stop_sequences: ['END'],
    metadata: { user_id: 'u-1' },
    service_tier: 'standard_only',
    stream: true,
  });
  expect(request).toEqual({
    model: 'claude-haiku-4-5',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hi' },
      { role: 'user', content: 'Go on' },
    ],
    max_completion_tokens: 100,
    temperature: 0.5,
    top_k: 3,
    stop: ['END'],
    user: 'u-1',
    service_tier: 'default',
    stream: true,
  });
  expect(warnings).toEqual([]);
});

test('a tool loop becomes calls, one tool message per result and what the user adds', () => {
  const { request } = convert({
    tools: [
      { name: 'add', input_schema: { type: 'object' }, strict: true, cache_control: { type: 'ephemeral' } },
    ],
    tool_choice: { type: 'any', disable_parallel_tool_use: true },
    messages: [
      ...HELLO,
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
          { type: 'redacted_thinking', data: 'eHh4' },
          { type: 'text', text: 'Adding.' },
          { type: 'tool_use', id: 'toolu_1', name: 'add', input: { a: 1 } },
          { type: 'tool_use', id: 'toolu_2', name: 'add', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_1', content: '1' },
          { type: 'tool_result', tool_use_id: 'toolu_2', content: 'no operands', is_error: true },
          { type: 'text', text: 'And now?' },
        ],
      },
    ],
  });
  expect(request.messages.slice(1)).toEqual([
    {
      role: 'assistant',
      content: 'Adding.',
      tool_calls: [
        { id: 'toolu_1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } },
        { id: 'toolu_2', type: 'function', function: { name: 'add', arguments: '{}' } },
      ],
      reasoning_details: [
        { type: 'reasoning.text', format: 'anthropic-claude-v1', index: 0, text: 'Hm.', signature: 'c2ln' },
        { type: 'reasoning.encrypted', format: 'anthropic-claude-v1', index: 1, data: 'eHh4' },
      ],
    },
    { role: 'tool', tool_call_id: 'toolu_1', content: '1' },
    { role: 'tool', tool_call_id: 'toolu_2', content: '{"error":"no operands"}' },
    { role: 'user', content: 'And now?' },
  ]);
  expect(request).toMatchObject({
    tools: [
      {
        type: 'function',
        function: { name: 'add', parameters: { type: 'object' }, strict: true },
        cache_control: { type: 'ephemeral' },
      },
    ],
    tool_choice: 'required',
    parallel_tool_calls: false,
  });
});

test('images and documents become parts; those in a tool result follow it, with a warning', () => {
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } };
  const { request, warnings } = convert({
    messages: [
      {
        role: 'user',
        content: [
          image,
          { type: 'document', title: 'a.pdf', source: { type: 'url', url: 'https://example.com/a.pdf' } },
          { type: 'document', title: 'Notes', source: { type: 'text', media_type: 'text/plain', data: 'x' } },
        ],
      },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'look', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: [image] }] },
    ],
  });
  const imagePart = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } };
  expect(request.messages[0]!.content).toEqual([
    imagePart,
    { type: 'file', file: { file_data: 'https://example.com/a.pdf', filename: 'a.pdf' } },
    { type: 'text', text: 'Notes\n\nx' },
  ]);
  expect(request.messages.slice(2)).toEqual([
    { role: 'tool', tool_call_id: 't1', content: '' },
    { role: 'user', content: [{ type: 'text', text: 'Of the tool result t1:' }, imagePart] },
  ]);
  expect(warnings).toMatchObject([{ code: 'parameter_changed', param: 'messages.2.content.0.content' }]);
});

test.each([
  [{ thinking: { type: 'enabled', budget_tokens: 2_048 } }, 'low', true],
  [{ thinking: { type: 'enabled', budget_tokens: 20_000 } }, 'high', true],
  [{ thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } }, 'medium', true],
  [{ thinking: { type: 'disabled' } }, 'none', false],
  [{ output_config: { effort: 'max' } }, 'max', false],
])('thinking %j becomes effort %s', (params, effort, isKept) => {
  const { request, warnings } = convert({ messages: HELLO, ...params });
  expect(request.reasoning_effort).toBe(effort);
  const own = 'thinking' in params && isKept ? { anthropic: { thinking: params.thinking } } : undefined;
  expect(request.provider_options).toEqual(own);
  expect(warnings).toEqual([]);
});

test('an output schema becomes a strict response format, request-wide marks go to Anthropic alone', () => {
  const schema = { type: 'object', properties: {}, additionalProperties: false };
  const { request } = convert({
    messages: HELLO,
    output_config: { format: { type: 'json_schema', schema } },
    cache_control: { type: 'ephemeral', ttl: '1h' },
  });
  expect(request.response_format).toEqual({
    type: 'json_schema',
    json_schema: { name: 'output', schema, strict: true },
  });
  expect(request.provider_options).toEqual({
    anthropic: { cache_control: { type: 'ephemeral', ttl: '1h' } },
  });
});

test.each([
  [{}, 'messages'],
  [{ messages: HELLO, colour: 1 }, 'colour'],
  [{ messages: [{ role: 'user', content: [{ type: 'text', text: 'x', extra: 1 }] }] }, 'extra'],
  [{ messages: [{ role: 'system', content: 'x' }] }, 'role'],
  [{ messages: [{ role: 'assistant', content: [{ type: 'image' }] }] }, 'type'],
  [{ messages: HELLO, tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'type'],
  [{ messages: HELLO, temperature: 1.5 }, 'temperature'],
])('refuses %j', (params, named) => {
  const result = anthropicMessageParamsSchema.safeParse({ ...BASE, ...params });
  expect(result.success).toBe(false);
  expect(JSON.stringify(result.error?.issues)).toContain(named);
});

const text = fc.string({ minLength: 1, maxLength: 12 });
const mark = fc.option(fc.record({ type: fc.constant('ephemeral' as const) }), { nil: undefined });
const textBlock = fc.record({ type: fc.constant('text' as const), text, cache_control: mark });
const turn = fc.oneof(
  fc.record({
    role: fc.constant('user' as const),
    content: fc.oneof(
      text,
      fc.array(
        fc.oneof(
          textBlock,
          fc.record({
            type: fc.constant('tool_result' as const),
            tool_use_id: text,
            content: fc.oneof(text, fc.array(textBlock)),
            is_error: fc.boolean(),
            cache_control: mark,
          }),
        ),
        { minLength: 1 },
      ),
    ),
  }),
  fc.record({
    role: fc.constant('assistant' as const),
    content: fc.oneof(
      text,
      fc.array(
        fc.oneof(
          textBlock,
          fc.record({
            type: fc.constant('tool_use' as const),
            id: text,
            name: text,
            input: fc.dictionary(text, fc.jsonValue() as fc.Arbitrary<unknown>),
          }),
          fc.record({ type: fc.constant('thinking' as const), thinking: text, signature: text }),
          fc.record({ type: fc.constant('redacted_thinking' as const), data: text }),
        ),
      ),
    ),
  }),
);

test('every valid request gives a valid canonical one, changes nothing and loses no text', () => {
  fc.assert(
    fc.property(fc.array(turn, { minLength: 1, maxLength: 6 }), (messages) => {
      const params = { ...BASE, messages } as AnthropicMessageParams;
      const parsed = anthropicMessageParamsSchema.parse(params);
      const before = structuredClone(parsed);
      const { request } = anthropicToChatRequest(parsed);
      expect(parsed).toEqual(before);
      expect(chatRequestSchema.safeParse(request).error).toBeUndefined();
      const said = JSON.stringify(request);
      const texts = parsed.messages.flatMap(({ content }) => {
        if (typeof content === 'string') return [content];
        return content.flatMap((block) => {
          if (block.type === 'text') return [block.text];
          return block.type === 'thinking' ? [block.thinking] : [];
        });
      });
      for (const each of texts) expect(said).toContain(JSON.stringify(each).slice(1, -1));
    }),
  );
});
