import { chatRequestSchema, type ChatRequest } from '@sluice/contracts';
import { describe, expect, test } from 'vitest';
import { encryptedReasoning } from './encrypted-reasoning.ts';
import { responsesRequestSchema } from './responses-request.ts';
import { responsesToChatRequest } from './responses-to-chat-request.ts';

/** Converts a body as a caller sends it; the outcome must be a valid canonical request. */
function convert(body: object): ChatRequest {
  const outcome = responsesToChatRequest(responsesRequestSchema.parse(body));
  if (outcome.status === 'error') throw new Error(`${outcome.param} ${outcome.message}`);
  return chatRequestSchema.parse(outcome.request) as ChatRequest;
}

describe('the parameters of a response', () => {
  test('become those of a chat', () => {
    const parameters = { type: 'object', properties: {} };
    expect(
      convert({
        model: 'gpt-5.4-mini',
        instructions: 'Be brief.',
        input: 'Hello.',
        max_output_tokens: 50,
        temperature: null,
        reasoning: { effort: 'low' },
        text: {
          format: { type: 'json_schema', name: 'a', schema: parameters, strict: true },
          verbosity: 'low',
        },
        tools: [{ type: 'function', name: 'look', parameters, strict: null }],
        tool_choice: { type: 'function', name: 'look' },
        parallel_tool_calls: false,
        top_logprobs: 3,
        metadata: { a: 'b' },
      }),
    ).toEqual({
      model: 'gpt-5.4-mini',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello.' },
      ],
      max_completion_tokens: 50,
      reasoning_effort: 'low',
      verbosity: 'low',
      response_format: { type: 'json_schema', json_schema: { name: 'a', schema: parameters, strict: true } },
      tools: [{ type: 'function', function: { name: 'look', parameters } }],
      tool_choice: { type: 'function', function: { name: 'look' } },
      parallel_tool_calls: false,
      logprobs: true,
      top_logprobs: 3,
      metadata: { a: 'b' },
    });
  });

  test('that have no effect are told', () => {
    const body = {
      input: 'Hello.',
      truncation: 'auto',
      max_tool_calls: 2,
      include: ['file_search_call.results'],
    };
    const outcome = responsesToChatRequest(responsesRequestSchema.parse(body));
    expect(outcome).toMatchObject({
      warnings: [{ param: 'truncation' }, { param: 'max_tool_calls' }, { param: 'include' }],
    });
  });
});

describe('input items', () => {
  test('of one answer become one turn, with its reasoning and its calls', () => {
    const details = [
      { type: 'reasoning.text' as const, format: 'anthropic-claude-v1', text: 'Hm.', signature: 's' },
    ];
    const { messages } = convert({
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'Look.' }] },
        {
          type: 'reasoning',
          id: 'rs_1',
          summary: [{ type: 'summary_text', text: 'Hm.' }],
          encrypted_content: encryptedReasoning(details),
        },
        {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'I look.' }],
        },
        { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{}', parsed_arguments: {} },
        { type: 'function_call', call_id: 'c2', name: 'look', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c1', output: 'one' },
        { type: 'function_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'two' }] },
      ],
    });
    const call = (id: string) => ({ id, type: 'function', function: { name: 'look', arguments: '{}' } });
    expect(messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Look.' }] },
      {
        role: 'assistant',
        reasoning: 'Hm.',
        reasoning_details: details,
        content: 'I look.',
        tool_calls: [call('c1'), call('c2')],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'one' },
      { role: 'tool', tool_call_id: 'c2', content: 'two' },
    ]);
  });

  test('of one answer become one turn in whatever order they stand, as calls want their results next', () => {
    const call = (id: string) => ({ type: 'function_call', call_id: id, name: 'look', arguments: '{}' });
    const { messages } = convert({
      input: [
        { role: 'user', content: 'Look.' },
        { type: 'reasoning', summary: [{ text: 'One.' }] },
        call('c1'),
        { type: 'reasoning', summary: [{ text: 'Two.' }] },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I look.' }] },
        call('c2'),
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Twice.' }] },
        { type: 'function_call_output', call_id: 'c1', output: 'one' },
        { type: 'function_call_output', call_id: 'c2', output: 'two', name: 'look' },
        { type: 'message', role: 'assistant', content: 'Seen.' },
      ],
    });
    expect(messages.slice(1)).toMatchObject([
      {
        role: 'assistant',
        reasoning: 'One.\n\nTwo.',
        content: 'I look.\n\nTwice.',
        tool_calls: [{ id: 'c1' }, { id: 'c2' }],
      },
      { role: 'tool', tool_call_id: 'c1' },
      { role: 'tool', tool_call_id: 'c2' },
      { role: 'assistant', content: 'Seen.' },
    ]);
  });

  test('files in the results of functions follow the results, with a warning', () => {
    const image = { type: 'input_image', image_url: 'https://example.com/a.png' };
    const call = (id: string) => ({ type: 'function_call', call_id: id, name: 'look', arguments: '{}' });
    const result = (id: string, output: unknown) => ({ type: 'function_call_output', call_id: id, output });
    const input = [call('c1'), call('c2'), result('c1', [image]), result('c2', 'two')];
    const outcome = responsesToChatRequest(responsesRequestSchema.parse({ input }));
    expect(outcome).toMatchObject({
      warnings: [{ code: 'parameter_changed', param: 'input.2.output' }],
      request: {
        messages: [
          { role: 'assistant' },
          { role: 'tool', tool_call_id: 'c1', content: '' },
          { role: 'tool', tool_call_id: 'c2', content: 'two' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Of the tool result c1:' },
              { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
            ],
          },
        ],
      },
    });
  });

  test('of two answers stay two turns', () => {
    const { messages } = convert({
      input: [
        { role: 'assistant', content: 'One.' },
        { role: 'assistant', content: 'Two.' },
      ],
    });
    expect(messages).toEqual([
      { role: 'assistant', content: 'One.' },
      { role: 'assistant', content: 'Two.' },
    ]);
  });

  test('with files and images become parts; reasoning of others is left out', () => {
    const { messages } = convert({
      input: [
        { type: 'reasoning', summary: [], encrypted_content: 'gAAAAA-of-somebody-else' },
        {
          role: 'user',
          content: [
            { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'low' },
            { type: 'input_file', file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' },
          ],
        },
      ],
    });
    expect(messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' } },
        ],
      },
    ]);
  });

  test.each([
    ['input.0.content.0', [{ role: 'user', content: [{ type: 'input_file', filename: 'a.pdf' }] }]],
    [
      'input.0.content',
      [{ role: 'system', content: [{ type: 'input_image', image_url: 'https://a.b/c.png' }] }],
    ],
    ['input', [{ type: 'reasoning', summary: [] }]],
    ['input.0.id', [{ type: 'item_reference', id: 'msg_1' }]],
  ])('that can not be converted are named: %s', (param, input) => {
    expect(responsesToChatRequest(responsesRequestSchema.parse({ input }))).toMatchObject({
      status: 'error',
      param,
    });
  });
});
