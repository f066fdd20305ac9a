import type { ChatCompletion, ChatMessage } from '@sluice/contracts';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { anthropicAssistantMessage } from './anthropic-assistant-message.ts';
import { anthropicTurnSchema } from './anthropic-content.ts';
import { toAnthropicMessage } from './to-anthropic-message.ts';

type Choice = ChatCompletion['choices'][number];

function completionOf(
  message: Partial<Choice['message']>,
  finish: Choice['finish_reason'] = 'stop',
): ChatCompletion {
  return {
    id: 'msg_1',
    object: 'chat.completion',
    created: 1,
    model: 'claude-haiku-4-5',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: null, refusal: null, ...message },
        logprobs: null,
        finish_reason: finish,
      },
    ],
    usage: {
      prompt_tokens: 100,
      completion_tokens: 20,
      total_tokens: 120,
      prompt_tokens_details: { cached_tokens: 40 },
      completion_tokens_details: { reasoning_tokens: 5 },
    },
  };
}

test('text, usage and the natural end', () => {
  const usage = {
    prompt_tokens: 100,
    completion_tokens: 20,
    reasoning_tokens: 5,
    cache_read_tokens: 40,
    cache_write_tokens: 30,
    cache_write_1h_tokens: 10,
    total_tokens: 120,
  };
  expect(toAnthropicMessage(completionOf({ content: 'Hi' }), { usage, isBatch: true })).toMatchObject({
    type: 'message',
    content: [{ type: 'text', text: 'Hi' }],
    stop_reason: 'end_turn',
    stop_details: null,
    usage: {
      input_tokens: 30,
      cache_creation_input_tokens: 30,
      cache_read_input_tokens: 40,
      cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 10 },
      output_tokens: 20,
      output_tokens_details: { thinking_tokens: 5 },
      service_tier: 'batch',
    },
  });
});

test.each([
  ['length', {}, 'max_tokens'],
  ['content_filter', { refusal: 'No.' }, 'refusal'],
  ['tool_calls', {}, 'tool_use'],
  [
    'stop',
    { tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '' } }] },
    'tool_use',
  ],
] as const)('finish %s with %j ends with %s', (finish, message, reason) => {
  const answer = toAnthropicMessage(
    completionOf(structuredClone(message) as Partial<Choice['message']>, finish),
  );
  expect(answer.stop_reason).toBe(reason);
  const explanation = reason === 'refusal' ? 'No.' : undefined;
  expect(answer.stop_details?.explanation).toBe(explanation);
});

test("arguments that are no object are kept raw, another vendor's thoughts are left out", () => {
  const call = (
    text: string,
  ): { id: string; type: 'function'; function: { name: string; arguments: string } } => ({
    id: text,
    type: 'function',
    function: { name: 'f', arguments: text },
  });
  const { content } = toAnthropicMessage(
    completionOf({
      tool_calls: [call('{"a":'), call('[1]'), call(' ')],
      reasoning: 'Hm.',
      reasoning_details: [{ type: 'reasoning.encrypted', format: 'google-gemini-v1', data: 'x' }],
    }),
  );
  expect(content.map((block) => (block.type === 'tool_use' ? block.input : block.type))).toEqual([
    { raw_arguments: '{"a":' },
    { raw_arguments: '[1]' },
    {},
  ]);
});

/** Parsers drop a key of this name, so it is left out. */
const id = fc.string({ minLength: 1, maxLength: 10 }).filter((text) => text !== '__proto__');
const format = fc.constant('anthropic-claude-v1');
const message = fc.record({
  content: fc.option(fc.string({ minLength: 1 }), { nil: null }),
  tool_calls: fc.array(
    fc.record({
      id,
      type: fc.constant('function' as const),
      function: fc.record({
        name: id,
        arguments: fc.dictionary(id, fc.string()).map((input) => JSON.stringify(input)),
      }),
    }),
  ),
  reasoning_details: fc.array(
    fc.oneof(
      fc.record({ type: fc.constant('reasoning.text' as const), format, text: fc.string(), signature: id }),
      fc.record({ type: fc.constant('reasoning.encrypted' as const), format, data: id }),
    ),
  ),
});

test('an answer that goes back as a turn is the same message', () => {
  fc.assert(
    fc.property(message, ({ content, tool_calls: calls, reasoning_details: details }) => {
      const answer = toAnthropicMessage(
        completionOf({ content, tool_calls: calls, reasoning_details: details }),
      );
      // As a client sends it: `citations: null` and `caller` included.
      const turn = anthropicTurnSchema.parse(
        JSON.parse(JSON.stringify({ role: 'assistant', content: answer.content })),
      );
      if (turn.role !== 'assistant') throw new Error('not an assistant turn');
      const { message: back } = anthropicAssistantMessage(turn.content, 'messages.0.content');
      const expected: ChatMessage = {
        role: 'assistant',
        content: content ?? (calls.length > 0 ? null : ''),
        ...(calls.length > 0 ? { tool_calls: calls } : {}),
        ...(details.length > 0
          ? { reasoning_details: details.map((detail, index) => ({ ...detail, index })) }
          : {}),
      };
      expect(back).toEqual(expected);
    }),
  );
});
