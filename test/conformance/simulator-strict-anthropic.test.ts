import Anthropic from '@anthropic-ai/sdk';
import { startSimulator } from '@sluice/simulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { simulatedVendors, type SimulatedVendors } from '../support/simulated-vendors.ts';

const USER = { role: 'user', content: 'Hello' };
const SCHEMA = { type: 'object', properties: { a: { type: 'string' } } };
const TOOL = { name: 'ping', input_schema: SCHEMA };
const USE = { type: 'tool_use', id: 'toolu_1', name: 'ping', input: {} };
const RESULT = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'pong' };
const TEXT = { type: 'text', text: 'x' };

const loop = (assistant: object[], user: object[], tools: object[] = [TOOL]): object => ({
  tools,
  messages: [USER, { role: 'assistant', content: assistant }, { role: 'user', content: user }],
});
const said = (block: object): object => ({ messages: [{ role: 'user', content: [block] }] });
const tool = (fields: object): object => ({ tools: [{ ...TOOL, ...fields }] });
const format = (schema: unknown): object => ({ output_config: { format: { type: 'json_schema', schema } } });
const closed = (properties: object): object => ({ type: 'object', properties, additionalProperties: false });

let vendors: SimulatedVendors;
beforeAll(async () => {
  vendors = await simulatedVendors();
});
afterAll(() => vendors.close());

const refused: [object, string][] = [
  [
    loop([USE], [TEXT]),
    'messages.2: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1.',
  ],
  [loop([USE], [TEXT, RESULT]), '`tool_use` ids were found without `tool_result` blocks immediately after'],
  [
    loop([TEXT], [RESULT]),
    'messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1.',
  ],
  [loop([USE], [RESULT, RESULT]), 'each tool_use must have a single result.'],
  [loop([USE, USE], [RESULT]), 'messages.1.content.1: `tool_use` ids must be unique'],
  [loop([USE], [RESULT], []), 'Requests which include `tool_use` or `tool_result` blocks must define tools.'],
  [loop([{ ...USE, id: 'call:1' }], [RESULT]), "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"],
  [loop([{ ...USE, input: '{}' }], [RESULT]), 'tool_use.input: Input should be a valid dictionary'],
  [
    loop([{ ...USE, index: 0 }], [RESULT]),
    'messages.1.content.0.tool_use.index: Extra inputs are not permitted',
  ],
  [
    loop([USE], [{ ...RESULT, name: 'ping' }]),
    'messages.2.content.0.tool_result.name: Extra inputs are not permitted',
  ],
  [
    loop([USE], [{ ...RESULT, content: [{ ...TEXT, extra: 1 }] }]),
    'messages.2.content.0.tool_result.content.0.text.extra: Extra inputs are not permitted',
  ],
  [
    { messages: [USER, { role: 'assistant', content: [USE] }], tools: [TOOL] },
    'without `tool_result` blocks',
  ],
  [said({ type: 'image_url', image_url: {} }), "Input tag 'image_url' found using 'type' does not match"],
  [said(USE), 'messages.0: `tool_use` blocks can only be in `assistant` messages'],
  [said({ ...TEXT, cache_control: { type: 'ephemeral', scope: 'x' } }), 'cache_control.scope: Extra inputs'],
  [said({ type: 'text', text: '  ' }), 'text content blocks must contain non-whitespace text'],
  [{ system: [{ type: 'text', text: '' }] }, 'system: text content blocks must be non-empty'],
  [tool({ parameters: {} }), 'tools.0.custom.parameters: Extra inputs are not permitted'],
  [
    tool({ name: 'get weather' }),
    "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
  ],
  [tool({ input_schema: undefined }), 'tools.0.custom.input_schema: Field required'],
  [tool({ input_schema: {} }), 'tools.0.custom.input_schema.type: Field required'],
  [
    tool({ input_schema: { ...SCHEMA, anyOf: [] } }),
    'does not support oneOf, allOf, or anyOf at the top level',
  ],
  [
    tool({ input_schema: { type: 'object', properties: { a: { type: 'STRING' } } } }),
    'It must match JSON Schema draft 2020-12',
  ],
  [tool({ strict: true }), "For 'object' type, 'additionalProperties' must be explicitly set to false"],
  [{ tools: [TOOL, TOOL] }, 'tools: Tool names must be unique.'],
  [{ tool_choice: { type: 'auto' } }, 'tool_choice may only be specified while providing tools.'],
  [{ tools: [TOOL], tool_choice: { type: 'required' } }, "expected tags: 'auto', 'any', 'tool', 'none'"],
  [{ tools: [TOOL], tool_choice: { type: 'tool', name: 'pong' } }, "Tool 'pong' not found in provided tools"],
  [format(SCHEMA), "For 'object' type, 'additionalProperties' must be explicitly set to false"],
  [format({ ...SCHEMA, additionalProperties: true }), "'additionalProperties: true' is not supported"],
  [
    format(closed({ a: { type: 'integer', minimum: 1, maximum: 3 } })),
    "For 'integer' type, properties maximum, minimum are not supported",
  ],
  [format(closed({ a: { oneOf: [] } })), "Schema type 'oneOf' is not supported"],
  [format(closed({ a: { type: 'string', format: 'binary' } })), "String format 'binary' is not supported"],
  [
    format({ ...closed({ a: { $ref: '#/$defs/n' } }), $defs: { n: closed({ n: { $ref: '#/$defs/n' } }) } }),
    'Circular reference detected in schema definitions: #/$defs/n',
  ],
  [{ model: 'claude-3-haiku-20240307', ...format(closed({})) }, 'does not support output format.'],
  [{ metadata: { user_id: 'ada@example.com' } }, 'user_id appears to contain an email address'],
  [{ metadata: { team: 'x' } }, 'metadata.team: Extra inputs are not permitted'],
  [{ service_tier: 'flex' }, "service_tier: Input should be 'auto' or 'standard_only'"],
  [{ n: 2 }, 'n: Extra inputs are not permitted'],
  [{ stop: ['x'] }, 'stop: Extra inputs are not permitted'],
  [
    { model: 'claude-opus-4-7', messages: [USER, { role: 'assistant', content: 'So' }] },
    'does not support assistant message prefill',
  ],
  [
    {
      model: 'claude-opus-4-20250514',
      max_tokens: 64_000,
      messages: [{ role: 'user', content: 'x'.repeat(600_000) }],
    },
    'input length and `max_tokens` exceed context limit: 150007 + 64000 > 200000',
  ],
];

test.each(refused)('400 for %j', async (fields, message) => {
  const body = { model: 'claude-haiku-4-5', max_tokens: 100, messages: [USER], ...fields };
  expect(await vendors.post('/anthropic/v1/messages', body)).toMatchObject({
    status: 400,
    message: expect.stringContaining(message) as string,
    body: { type: 'error', error: { type: 'invalid_request_error' } },
  });
});

const accepted: object[] = [
  loop([TEXT, USE], [RESULT, TEXT]),
  { messages: [USER, USER, { role: 'assistant', content: 'So' }] },
  {
    ...loop([USE], []),
    messages: [USER, { role: 'assistant', content: [USE] }, { role: 'user', content: [RESULT] }, USER],
  },
  tool({
    cache_control: { type: 'ephemeral', ttl: '1h' },
    input_schema: { ...SCHEMA, $schema: 'x', examples: [] },
  }),
  { tools: [TOOL], tool_choice: { type: 'any', disable_parallel_tool_use: true } },
  format(closed({ a: { anyOf: [{ type: 'string', format: 'date' }, { type: 'null' }] } })),
  { metadata: { user_id: 'u-1' }, service_tier: 'standard_only', system: [TEXT] },
];

test.each(accepted)('200 for %j', async (fields) => {
  const body = { model: 'claude-haiku-4-5', max_tokens: 100, messages: [USER], ...fields };
  expect(await vendors.post('/anthropic/v1/messages', body)).toMatchObject({ status: 200, message: '' });
});

test('an answer that reaches the end of the window stops with a reason of its own', async () => {
  const strict = await startSimulator({
    config: {
      accounts: { anthropic: { kind: 'anthropic', models: { small: { max_input_tokens: 30 } } } },
      latency: { p50_ms: 0 },
    },
  });
  try {
    const client = new Anthropic({ apiKey: 'k', baseURL: strict.urlFor('anthropic'), maxRetries: 0 });
    const message = await client.messages.create({
      model: 'small',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Why do durable queues matter?' }],
    });
    expect(message).toMatchObject({
      stop_reason: 'model_context_window_exceeded',
      usage: { output_tokens: 15 },
    });
  } finally {
    await strict.close();
  }
});

test('the test prompt for a refusal is declined', async () => {
  const content =
    'ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL_1FAEFB6177B4672DEE07F9D3AFC62588CCD2631EDCF22E8CCC1FB35B501C9C86';
  const body = { model: 'claude-haiku-4-5', max_tokens: 100, messages: [{ role: 'user' as const, content }] };
  expect(await vendors.anthropic.messages.create(body)).toMatchObject({
    stop_reason: 'refusal',
    content: [],
  });
});
