import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';

let stack: Stack;
let client: OpenAI;
beforeAll(async () => {
  stack = await startStack();
  client = new OpenAI({ apiKey: stack.key, baseURL: `${stack.url}/v1`, maxRetries: 0 });
});
afterAll(() => stack.close());

const model = 'anthropic/claude-haiku-4-5';
const messages = [{ role: 'user' as const, content: 'Describe it.' }];
const NODE = {
  type: 'object',
  properties: { name: { type: 'string' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
  required: ['name', 'next'],
  additionalProperties: false,
};
const RECURSIVE = { ...NODE, $defs: { node: NODE } };
// As text: an object with `then` is taken for a promise.
const CONDITIONAL = JSON.parse(`{
  "type": "object",
  "properties": {
    "kind": { "type": "string", "not": { "const": "none" } },
    "pair": { "type": "array", "prefixItems": [{ "type": "string" }, { "type": "integer" }] },
    "some": { "type": "array", "items": { "type": "string" }, "contains": { "const": "a" } }
  },
  "patternProperties": { "^x-": { "type": "string" } },
  "if": { "required": ["kind"] },
  "then": { "required": ["pair"] },
  "dependentRequired": { "pair": ["kind"] }
}`) as Record<string, unknown>;

test.each([
  ['recursive', RECURSIVE],
  ['conditional', CONDITIONAL],
])('an answer by a %s schema comes from Anthropic, with a warning', async (name, schema) => {
  const { data, response } = await client.chat.completions
    .create({
      model,
      messages,
      response_format: { type: 'json_schema', json_schema: { name, strict: true, schema } },
    })
    .withResponse();
  expect(JSON.parse(data.choices[0]?.message.content ?? '')).toBeTypeOf('object');
  expect(data.choices[0]?.finish_reason).toBe('stop');
  const job = await stack.job(response.headers.get('x-sluice-job-id') ?? '');
  expect(job.warnings).toContainEqual(expect.objectContaining({ param: 'response_format' }));
});

test.each([
  ['recursive', RECURSIVE],
  ['conditional', CONDITIONAL],
])('a strict tool with a %s schema is taken by Anthropic, with a warning', async (name, parameters) => {
  const { response } = await client.chat.completions
    .create({ model, messages, tools: [{ type: 'function', function: { name, strict: true, parameters } }] })
    .withResponse();
  const job = await stack.job(response.headers.get('x-sluice-job-id') ?? '');
  expect(job.warnings).toContainEqual(expect.objectContaining({ code: 'parameter_changed' }));
});
