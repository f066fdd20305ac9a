import type { ChatDelta, ChatRequest, ModelEntry, ProviderKind } from '@sluice/contracts';
import { createProviderAdapter } from '@sluice/providers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFORMANCE_VENDORS } from '../support/conformance-vendors.ts';
import { deepFreeze } from '../support/deep-freeze.ts';
import { scriptedVendorServer, type ScriptedVendorServer } from '../support/scripted-vendor-server.ts';

let server: ScriptedVendorServer;
beforeAll(async () => {
  server = await scriptedVendorServer();
});
afterAll(async () => {
  await server.close();
});

const ASK: ChatRequest = deepFreeze({ messages: [{ role: 'user', content: 'U' }] });

interface Exchange {
  request?: ChatRequest;
  entry?: ModelEntry;
  /** A JSON body, or the events of a stream. */
  answer: object | readonly string[];
}

async function exchange(kind: ProviderKind, { request = ASK, entry = {}, answer }: Exchange) {
  const { wire } = CONFORMANCE_VENDORS.find((vendor) => vendor.kind === kind)!;
  const streaming = Array.isArray(answer);
  server.answer((response) =>
    response
      .writeHead(200, { 'content-type': streaming ? 'text/event-stream' : 'application/json' })
      .end(streaming ? answer.join('') : JSON.stringify(answer)),
  );
  const deltas: ChatDelta[] = [];
  const adapter = createProviderAdapter({ kind, apiKey: 'sk-test', baseUrl: wire.baseUrl(server.origin) });
  const outcome = await adapter.call({
    model: 'm',
    entry,
    request,
    signal: new AbortController().signal,
    timeouts: { connect_ms: 5_000, first_token_ms: 10_000, total_ms: 20_000 },
    ...(streaming ? { onDelta: (delta) => void deltas.push(delta) } : {}),
  });
  await adapter.close();
  return { outcome, deltas };
}
async function completion(kind: ProviderKind, options: Exchange) {
  const { outcome } = await exchange(kind, options);
  if (outcome.status === 'error') throw new Error(outcome.error.message);
  return outcome.completion;
}
const anthropicEvent = (data: { type: string } & Record<string, unknown>) =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const openAiEvent = (data: object) => `data: ${JSON.stringify({ id: 'x', ...data })}\n\n`;

describe('a JSON answer by a forced tool at Anthropic', () => {
  const request: ChatRequest = deepFreeze({
    ...ASK,
    response_format: { type: 'json_schema', json_schema: { name: 'city', schema: { type: 'object' } } },
  });
  const usage = { input_tokens: 5, output_tokens: 2 };

  it('is unwrapped to content, and words beside it are left out', async () => {
    const content = [
      { type: 'text', text: 'Here it is.' },
      { type: 'tool_use', id: 't', name: 'city', input: { city: 'Paris' } },
    ];
    const { choices } = await completion('anthropic', {
      request,
      answer: { id: 'x', content, stop_reason: 'tool_use', usage },
    });
    expect(choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: '{"city":"Paris"}' },
    });
    expect(choices[0]?.message).not.toHaveProperty('tool_calls');
  });

  it('streams as content', async () => {
    const delta = (partial_json: string) =>
      anthropicEvent({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'input_json_delta', partial_json },
      });
    const { outcome, deltas } = await exchange('anthropic', {
      request,
      answer: [
        anthropicEvent({ type: 'message_start', message: { id: 'x', usage } }),
        anthropicEvent({
          type: 'content_block_start',
          index: 0,
          content_block: { type: 'tool_use', id: 't', name: 'city', input: {} },
        }),
        delta(''),
        delta('{"city":'),
        delta('"Paris"}'),
        anthropicEvent({ type: 'content_block_stop', index: 0 }),
        anthropicEvent({ type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage }),
        anthropicEvent({ type: 'message_stop' }),
      ],
    });
    expect(outcome).toMatchObject({
      completion: { choices: [{ finish_reason: 'stop', message: { content: '{"city":"Paris"}' } }] },
    });
    expect(deltas.map((one) => one.delta)).toEqual([
      { role: 'assistant', content: '{"city":' },
      { content: '"Paris"}' },
    ]);
  });

  it('leaves calls of other tools as they are', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'look' } }];
    const content = [{ type: 'tool_use', id: 't', name: 'look', input: {} }];
    const { choices } = await completion('anthropic', {
      request: deepFreeze({ ...request, tools }),
      answer: { id: 'x', content, stop_reason: 'tool_use', usage },
    });
    expect(choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: 'look', arguments: '{}' } }] },
    });
  });
});

describe('Anthropic', () => {
  const done = { id: 'x', content: [{ type: 'text', text: 'ok' }], stop_reason: 'end_turn' };

  it('tells cache writes of an hour apart', async () => {
    const usage = {
      input_tokens: 10,
      cache_creation_input_tokens: 50,
      cache_creation: { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 20 },
      output_tokens: 5,
      output_tokens_details: { thinking_tokens: 3 },
    };
    const { outcome } = await exchange('anthropic', { answer: { ...done, usage } });
    expect(outcome.usage).toEqual({
      prompt_tokens: 60,
      completion_tokens: 5,
      reasoning_tokens: 3,
      cache_read_tokens: 0,
      cache_write_tokens: 50,
      cache_write_1h_tokens: 20,
      total_tokens: 65,
    });
  });

  it.each([
    ['standard', 'default'],
    ['priority', 'priority'],
    ['batch', 'batch'],
  ])('names the service tier %s as %s', async (service_tier, expected) => {
    const usage = { input_tokens: 1, output_tokens: 1, service_tier };
    expect((await completion('anthropic', { answer: { ...done, usage } })).service_tier).toBe(expected);
  });

  it('says why it refused', async () => {
    const stop_details = { type: 'refusal', category: 'bio', explanation: 'It could harm.' };
    const { outcome } = await exchange('anthropic', {
      answer: { ...done, content: [], stop_reason: 'refusal', stop_details },
    });
    expect(outcome).toMatchObject({
      error: {
        code: 'content_filter',
        message: expect.stringContaining('category bio: It could harm.') as unknown,
      },
    });
  });

  it('keeps redacted thoughts, plain and streamed', async () => {
    const block = { type: 'redacted_thinking', data: 'cmVk' };
    const expected = [{ type: 'reasoning.encrypted', format: 'anthropic-claude-v1', data: 'cmVk', index: 0 }];
    const plain = await completion('anthropic', { answer: { ...done, content: [block, ...done.content] } });
    expect(plain.choices[0]?.message.reasoning_details).toEqual(expected);
    const streamed = await completion('anthropic', {
      answer: [
        anthropicEvent({ type: 'message_start', message: { id: 'x' } }),
        anthropicEvent({ type: 'content_block_start', index: 0, content_block: block }),
        anthropicEvent({ type: 'content_block_stop', index: 0 }),
        anthropicEvent({ type: 'message_delta', delta: { stop_reason: 'end_turn' } }),
        anthropicEvent({ type: 'message_stop' }),
      ],
    });
    expect(streamed.choices[0]?.message.reasoning_details).toEqual(expected);
  });

  it('gives a streamed call without arguments an empty object', async () => {
    const { choices } = await completion('anthropic', {
      answer: [
        anthropicEvent({ type: 'message_start', message: { id: 'x' } }),
        anthropicEvent({
          type: 'content_block_start',
          index: 0,
          content_block: { type: 'tool_use', id: 't', name: 'f', input: {} },
        }),
        anthropicEvent({ type: 'content_block_stop', index: 0 }),
        anthropicEvent({ type: 'message_delta', delta: { stop_reason: 'tool_use' } }),
        anthropicEvent({ type: 'message_stop' }),
      ],
    });
    expect(choices[0]?.message.tool_calls).toEqual([
      { id: 't', type: 'function', function: { name: 'f', arguments: '{}' } },
    ]);
  });
});

describe('OpenAI’s format', () => {
  const choice = (message: object, rest: object = {}) => ({
    index: 0,
    message,
    finish_reason: 'stop',
    ...rest,
  });
  const usage = { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 };

  it('keeps logprobs, plain and streamed', async () => {
    const tokens = [
      { token: 'a', logprob: -0.1 },
      { token: 'b', logprob: -0.2 },
    ];
    const plain = await completion('openai', {
      answer: { id: 'x', choices: [choice({ content: 'ab' }, { logprobs: { content: tokens } })], usage },
    });
    expect(plain.choices[0]?.logprobs).toEqual({ content: tokens });
    const piece = (content: string, at: number, finish_reason: string | null) =>
      openAiEvent({
        choices: [{ index: 0, delta: { content }, logprobs: { content: [tokens[at]] }, finish_reason }],
      });
    const streamed = await completion('openai', { answer: [piece('a', 0, null), piece('b', 1, 'stop')] });
    expect(streamed.choices[0]?.logprobs).toEqual({ content: tokens });
  });

  it('keeps tier, fingerprint and sound of the usage', async () => {
    const sound = {
      ...usage,
      prompt_tokens_details: { cached_tokens: 1, audio_tokens: 3 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 1 },
    };
    const made = await completion('openai', {
      answer: {
        id: 'x',
        choices: [choice({ content: 'ok' })],
        usage: sound,
        service_tier: 'flex',
        system_fingerprint: 'fp_1',
      },
    });
    expect(made).toMatchObject({
      service_tier: 'flex',
      system_fingerprint: 'fp_1',
      usage: {
        prompt_tokens_details: { cached_tokens: 1, audio_tokens: 3 },
        completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 1 },
      },
    });
  });

  it('keeps several answers apart, in a stream too', async () => {
    const piece = (index: number, content: string, finish_reason: string | null = null) =>
      openAiEvent({ choices: [{ index, delta: { content }, finish_reason }] });
    const { outcome, deltas } = await exchange('openai', {
      request: deepFreeze({ ...ASK, n: 2 }),
      answer: [piece(0, 'a'), piece(1, 'x'), piece(0, 'b', 'stop'), piece(1, 'y', 'length')],
    });
    expect(outcome).toMatchObject({
      completion: {
        choices: [
          { index: 0, message: { content: 'ab' }, finish_reason: 'stop' },
          { index: 1, message: { content: 'xy' }, finish_reason: 'length' },
        ],
      },
    });
    expect(deltas.map(({ index }) => index)).toEqual([0, 1, 0, 1]);
  });

  it.each<[string, object, object[]]>([
    [
      'arguments as an object and no id',
      { content: '', tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }] },
      [{ name: 'f', arguments: '{"a":1}' }],
    ],
    [
      'the older function_call',
      { content: null, function_call: { name: 'f', arguments: '{}' } },
      [{ name: 'f', arguments: '{}' }],
    ],
    [
      'two calls without index and id',
      {
        content: null,
        tool_calls: [{ function: { name: 'f' } }, { function: { name: 'g', arguments: '{}' } }],
      },
      [
        { name: 'f', arguments: '' },
        { name: 'g', arguments: '{}' },
      ],
    ],
  ])('reads %s', async (_what, message, functions) => {
    const { choices } = await completion('openai-compatible', {
      answer: { choices: [choice(message)], usage },
    });
    expect(choices[0]?.finish_reason).toBe('tool_calls');
    expect(choices[0]?.message.tool_calls?.map((call) => call.function)).toEqual(functions);
    expect(choices[0]?.message.tool_calls?.every(({ id }) => /^call_\w{32}$/.test(id))).toBe(true);
  });

  it('puts the pieces of OpenRouter’s reasoning blocks together and takes them back', async () => {
    const piece = (delta: object, finish_reason: string | null = null) =>
      openAiEvent({ choices: [{ index: 0, delta, finish_reason }] });
    const block = { type: 'reasoning.text', format: 'anthropic-claude-v1', index: 0 };
    const { choices } = await completion('openrouter', {
      answer: [
        piece({ reasoning: 'Hm', reasoning_details: [{ ...block, text: 'Hm' }] }),
        piece({ reasoning: '.', reasoning_details: [{ ...block, text: '.' }] }),
        piece({ reasoning_details: [{ ...block, signature: 'signed' }] }),
        piece({ content: 'Yes.' }, 'stop'),
      ],
    });
    const message = choices[0]!.message;
    expect(message).toMatchObject({
      reasoning: 'Hm.',
      reasoning_details: [{ ...block, text: 'Hm.', signature: 'signed' }],
    });
    await completion('openrouter', {
      request: deepFreeze({ messages: [...ASK.messages, message, ...ASK.messages] }) as ChatRequest,
      answer: { choices: [choice({ content: 'ok' })], usage },
    });
    const sent = JSON.parse(server.requests.at(-1)!.body) as { messages: object[] };
    expect(sent.messages[1]).toMatchObject({ reasoning_details: message.reasoning_details });
  });

  it('gives DeepSeek its thoughts back within a tool loop, and not after it', async () => {
    const call = { id: 'c1', type: 'function' as const, function: { name: 'f', arguments: '{}' } };
    const turn = { role: 'assistant' as const, content: null, reasoning: 'Hm.', tool_calls: [call] };
    const result = { role: 'tool' as const, tool_call_id: 'c1', content: 'r' };
    const loop: ChatRequest = { messages: [...ASK.messages, turn, result] };
    const answer = { choices: [choice({ content: 'ok' })], usage };
    const bodyOf = async (request: ChatRequest) => {
      await completion('deepseek', { request: deepFreeze(request), answer });
      return server.requests.at(-1)!.body;
    };
    expect(await bodyOf(loop)).toContain('"reasoning_content":"Hm."');
    expect(await bodyOf({ messages: [...loop.messages, ...ASK.messages] })).not.toContain(
      'reasoning_content',
    );
  });
});

describe('provider_options', () => {
  it('let a vendor’s own tools stand beside the functions', async () => {
    const search = { type: 'web_search_20250305', name: 'web_search' };
    await completion('anthropic', {
      request: deepFreeze({
        ...ASK,
        tools: [{ type: 'function', function: { name: 'f' } }],
        provider_options: { anthropic: { tools: [search] } },
      }) as ChatRequest,
      answer: { id: 'x', content: [], stop_reason: 'end_turn' },
    });
    const sent = JSON.parse(server.requests.at(-1)!.body) as { tools: { name: string }[] };
    expect(sent.tools.map(({ name }) => name)).toEqual(['f', 'web_search']);
  });
});
