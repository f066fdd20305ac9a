import type { ChatCompletion, ChatRequest, JsonSchema } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { validateAnswer } from './validate-answer.ts';

type Message = ChatCompletion['choices'][number]['message'];

const CITY = {
  type: 'object',
  properties: { city: { type: 'string' }, inhabitants: { type: 'integer' } },
  required: ['city'],
  additionalProperties: false,
};

function withSchema(schema: JsonSchema): ChatRequest {
  const format = { type: 'json_schema' as const, json_schema: { name: 'answer', schema } };
  return { messages: [{ role: 'user', content: 'hi' }], response_format: format };
}

function answers(...messages: Partial<Message>[]): Pick<ChatCompletion, 'choices'> {
  return {
    choices: messages.map((message, index) => ({
      index,
      message: { role: 'assistant', content: null, refusal: null, ...message },
      logprobs: null,
      finish_reason: 'stop',
    })),
  };
}

const check = (schema: JsonSchema, content: string) =>
  validateAnswer(withSchema(schema), answers({ content }));
const call = (name: string, text: string): Partial<Message> => ({
  tool_calls: [{ id: 'c', type: 'function', function: { name, arguments: text } }],
});

describe('an answer', () => {
  it.each([
    [CITY, '{"city":"Bonn"}'],
    [
      { $schema: 'http://json-schema.org/draft-07/schema#', $id: 'x', ...CITY },
      '{"city":"Bonn","inhabitants":3}',
    ],
    [{ type: 'object', properties: { at: { type: 'string', format: 'date' } } }, '{"at":"tomorrow"}'],
    [{ $defs: { n: { type: 'number' } }, type: 'array', items: { $ref: '#/$defs/n' } }, '[1,2.5]'],
    [{ type: 'string', pattern: '^[\\w-\\.]+$' }, '"a.b-c"'],
  ])('that keeps the schema is valid: %j', (schema, content) => {
    expect(check(schema, content)).toEqual({ status: 'valid' });
  });

  it.each([
    ['{"city":3}', 'The answer breaks its JSON schema at /city: must be string.'],
    ['{"inhabitants":3}', "The answer breaks its JSON schema at /: must have required property 'city'."],
    [
      '{"city":"a","secret":1}',
      'The answer breaks its JSON schema at /: must NOT have additional properties.',
    ],
    ['Here it is: {"city":"Bonn"}', 'The answer is no JSON.'],
    ['', 'The answer is no JSON.'],
  ])('that breaks it says where, and none of its words: %s', (content, message) => {
    expect(check(CITY, content)).toEqual({ status: 'invalid', message });
  });

  it('is not changed by the check', () => {
    const schema = { type: 'object', properties: { n: { type: 'integer', default: 1 } } };
    const completion = answers({ content: '{"n":"1"}' });
    const before = JSON.stringify(completion);
    expect(validateAnswer(withSchema(schema), completion).status).toBe('invalid');
    expect(JSON.stringify(completion)).toBe(before);
  });

  it('of several is told by its number', () => {
    const checked = validateAnswer(withSchema(CITY), answers({ content: '{"city":"a"}' }, { content: '{}' }));
    expect(checked).toMatchObject({ status: 'invalid', message: expect.stringContaining('Answer 1 breaks') });
  });

  it('without a schema only has to be an object where the request says so', () => {
    const request: ChatRequest = { messages: [], response_format: { type: 'json_object' } };
    expect(validateAnswer(request, answers({ content: '{}' })).status).toBe('valid');
    expect(validateAnswer(request, answers({ content: '[]' })).status).toBe('invalid');
    expect(validateAnswer({ messages: [] }, answers({ content: 'free text' })).status).toBe('valid');
  });
});

describe('a tool call', () => {
  const request: ChatRequest = {
    ...withSchema({ type: 'object', required: ['never'] }),
    tools: [
      { type: 'function', function: { name: 'find', parameters: CITY } },
      { type: 'function', function: { name: 'now' } },
    ],
  };

  it.each([
    ['find', '{"city":"Bonn"}', null],
    ['now', '', null],
    [
      'find',
      '{"city":1}',
      'The answer calls "find" with arguments that break their schema at /city: must be string.',
    ],
    ['find', '{"city":', 'The answer calls "find" with arguments that are no JSON object.'],
    ['lose', '{}', 'The answer calls a tool that the request does not have.'],
  ])('of %s with %s is held to the tool’s schema', (name, text, message) => {
    const expected = message === null ? { status: 'valid' } : { status: 'invalid', message };
    expect(validateAnswer(request, answers(call(name, text)))).toEqual(expected);
  });
});

describe('a schema', () => {
  it.each([
    [
      'a pattern that backtracks',
      { type: 'string', pattern: '^(a+)+$' },
      JSON.stringify(`${'a'.repeat(40)}!`),
    ],
    [
      'a comparison of all items with all others',
      { type: 'array', uniqueItems: true },
      JSON.stringify(Array.from({ length: 20_000 }, (_, n) => ({ n, same: 'x'.repeat(20) }))),
    ],
  ])('can’t keep the process busy: %s', (_, schema, content) => {
    const started = performance.now();
    const checked = check(schema, content);
    expect(performance.now() - started).toBeLessThan(4_000);
    expect(checked).toMatchObject({ status: 'undecided', message: expect.stringContaining('within') });
    expect(check(CITY, '{"city":"Bonn"}')).toEqual({ status: 'valid' });
  });

  it.each([
    [{ $ref: 'https://example.com/other.json' }],
    [{ type: 'object', properties: { a: { pattern: '(' } } }],
  ])('that can’t be compiled decides nothing: %j', (schema) => {
    expect(check(schema, '{"a":"b"}')).toMatchObject({
      status: 'undecided',
      message: expect.stringContaining("can't be checked"),
    });
  });
});
