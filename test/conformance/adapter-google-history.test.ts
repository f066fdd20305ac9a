import { chatRequestSchema, type ChatRequest } from '@sluice/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scriptedVendorServer, type ScriptedVendorServer } from '../support/scripted-vendor-server.ts';
import { sendToGoogle, type GoogleScene } from '../support/send-to-google.ts';

let server: ScriptedVendorServer;
beforeAll(async () => {
  server = await scriptedVendorServer();
});
afterAll(async () => {
  await server.close();
});

const GEMINI_3 = { model: 'gemini-3-flash-preview' };
const send = (fields: Partial<ChatRequest>, scene?: GoogleScene) =>
  sendToGoogle(
    server,
    chatRequestSchema.parse({ messages: [{ role: 'user', content: 'U' }], ...fields }),
    scene,
  );

const call = (id: string, name: string, args: string) => ({
  id,
  type: 'function' as const,
  function: { name, arguments: args },
});

describe('a conversation with tool calls', () => {
  const messages: ChatRequest['messages'] = [
    { role: 'user', content: 'U' },
    {
      role: 'assistant',
      content: 'Let me see.',
      tool_calls: [
        call('call_1', 'weather', '{"city":"Rom"}'),
        call('call_2', 'weather', '{"city":"Bern"}'),
        call('call_3', 'clock', ''),
      ],
    },
    { role: 'tool', tool_call_id: 'call_3', content: '12:00' },
    {
      role: 'tool',
      tool_call_id: 'call_2',
      content: [
        { type: 'text', text: '{"celsius":' },
        { type: 'text', text: '9}' },
      ],
    },
    { role: 'tool', tool_call_id: 'call_1', content: '[20]' },
    { role: 'user', content: 'And?' },
  ];

  it('has the results in one turn, by name, in the order of the calls', async () => {
    const { sent, warned } = await send({ messages });
    expect(sent?.contents).toEqual([
      { role: 'user', parts: [{ text: 'U' }] },
      {
        role: 'model',
        parts: [
          { text: 'Let me see.' },
          { functionCall: { name: 'weather', args: { city: 'Rom' } } },
          { functionCall: { name: 'weather', args: { city: 'Bern' } } },
          { functionCall: { name: 'clock', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'weather', response: { output: '[20]' } } },
          { functionResponse: { name: 'weather', response: { celsius: 9 } } },
          { functionResponse: { name: 'clock', response: { output: '12:00' } } },
          { text: 'And?' },
        ],
      },
    ]);
    expect(warned).toEqual([]);
  });

  it('keeps numbers in results that a double does not hold', async () => {
    const text = '{"id":12345678901234567890}';
    const long: ChatRequest['messages'] = [
      { role: 'assistant', tool_calls: [call('c', 'clock', '')] },
      { role: 'tool', tool_call_id: 'c', content: text },
    ];
    expect(JSON.stringify((await send({ messages: long })).sent)).toContain(JSON.stringify({ output: text }));
  });

  it('of another vendor has a placeholder on the first call alone, for models since 3', async () => {
    const { sent } = await send({ messages }, GEMINI_3);
    const parts = sent?.contents[1]?.parts.slice(1);
    expect(parts).toEqual([
      {
        functionCall: { id: 'call_1', name: 'weather', args: { city: 'Rom' } },
        thoughtSignature: 'skip_thought_signature_validator',
      },
      { functionCall: { id: 'call_2', name: 'weather', args: { city: 'Bern' } } },
      { functionCall: { id: 'call_3', name: 'clock', args: {} } },
    ]);
    expect(JSON.stringify(sent)).toContain('{"functionResponse":{"id":"call_1","name":"weather"');
  });

  it('gives signatures back to the parts that they came with, and leaves out what others thought', async () => {
    const format = 'google-gemini-v1';
    const kept: ChatRequest['messages'] = [
      { role: 'user', content: 'U' },
      {
        role: 'assistant',
        content: 'A',
        tool_calls: [call('call_1', 'clock', '{}'), call('call_2', 'clock', '{}')],
        reasoning: 'hm',
        reasoning_details: [
          {
            type: 'reasoning.text',
            format: 'anthropic-claude-v1',
            text: 'private',
            signature: 'sig-of-claude',
          },
          { type: 'reasoning.encrypted', format, data: 'c2lnMQ==', tool_call_id: 'call_1' },
          { type: 'reasoning.encrypted', format, data: 'c2lnMA==' },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: '1' },
      { role: 'tool', tool_call_id: 'call_2', content: '2' },
    ];
    const { sent, warned } = await send({ messages: kept }, GEMINI_3);
    expect(sent?.contents[1]).toEqual({
      role: 'model',
      parts: [
        { text: 'A', thoughtSignature: 'c2lnMA==' },
        { functionCall: { id: 'call_1', name: 'clock', args: {} }, thoughtSignature: 'c2lnMQ==' },
        { functionCall: { id: 'call_2', name: 'clock', args: {} } },
      ],
    });
    expect(JSON.stringify(sent)).not.toMatch(/private|sig-of-claude|hm/);
    expect(warned).toEqual([]);
  });

  it.each<[string, ChatRequest['messages'], RegExp]>([
    [
      'arguments that are no JSON',
      [{ role: 'assistant', tool_calls: [call('c', 'f', '{"a')] }],
      /not valid JSON/,
    ],
    [
      'a result without its call',
      [{ role: 'tool', tool_call_id: 'c', content: '1' }],
      /no tool call before it has the id "c"/,
    ],
  ])('is refused for %s', async (_what, broken, message) => {
    const { outcome, sent } = await send({ messages: broken });
    expect(outcome).toMatchObject({
      error: { code: 'invalid_request', failover: true, message: expect.stringMatching(message) as unknown },
    });
    expect(sent).toBeNull();
  });
});
