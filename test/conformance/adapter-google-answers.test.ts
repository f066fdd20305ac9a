import { chatCompletionSchema, type ChatRequest } from '@sluice/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scriptedVendorServer, type ScriptedVendorServer } from '../support/scripted-vendor-server.ts';
import { sendToGoogle } from '../support/send-to-google.ts';

let server: ScriptedVendorServer;
beforeAll(async () => {
  server = await scriptedVendorServer();
});
afterAll(async () => {
  await server.close();
});

const REQUEST: ChatRequest = { messages: [{ role: 'user', content: 'U' }] };
const receive = (answer: object | object[]) => sendToGoogle(server, REQUEST, { answer });
const candidate = (parts: object[], rest: object = { finishReason: 'STOP' }) => ({
  content: { role: 'model', parts },
  ...rest,
});
const call = (name: string, args?: object) => ({ functionCall: { name, ...(args && { args }) } });

/** The choices of an answer that came well. */
async function choices(answer: object | object[]) {
  const { outcome, deltas } = await receive(answer);
  if (outcome.status !== 'ok') throw new Error(outcome.error.message);
  expect(chatCompletionSchema.parse(outcome.completion)).toEqual(outcome.completion);
  return { choices: outcome.completion.choices, deltas };
}

describe('function calls', () => {
  it('are tool calls with ids of their own, each, and end with tool_calls', async () => {
    const parts = [
      { ...call('weather', { city: 'Rom' }), thoughtSignature: 'c2ln' },
      call('weather', { city: 'Bern' }),
      { functionCall: { id: 'of-the-vendor', name: 'clock' } },
    ];
    const [choice] = (await choices({ candidates: [candidate(parts)] })).choices;
    const calls = choice?.message.tool_calls ?? [];
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    expect(calls.map((one) => one.function)).toEqual([
      { name: 'weather', arguments: '{"city":"Rom"}' },
      { name: 'weather', arguments: '{"city":"Bern"}' },
      { name: 'clock', arguments: '{}' },
    ]);
    expect(new Set(calls.map((one) => one.id)).size).toBe(3);
    expect(calls[2]?.id).toBe('of-the-vendor');
    for (const { id } of calls) expect(id.length).toBeLessThanOrEqual(40);
    expect(choice?.message.reasoning_details).toEqual([
      {
        type: 'reasoning.encrypted',
        format: 'google-gemini-v1',
        index: 0,
        data: 'c2ln',
        tool_call_id: calls[0]?.id,
      },
    ]);
  });

  it('cut off by the token limit end with length', async () => {
    const answer = { candidates: [candidate([call('f', {})], { finishReason: 'MAX_TOKENS' })] };
    expect((await choices(answer)).choices[0]?.finish_reason).toBe('length');
  });

  it('of a stream are counted across its pieces', async () => {
    const pieces = [
      { candidates: [candidate([{ text: 'See:' }], {})] },
      { candidates: [candidate([call('a', { x: 1 }), call('b')], {})] },
      { candidates: [candidate([call('a', { x: 2 })], {})] },
      { candidates: [candidate([], { finishReason: 'STOP' })] },
    ];
    const { choices: got, deltas } = await choices(pieces);
    const calls = got[0]?.message.tool_calls ?? [];
    expect(deltas.flatMap(({ delta }) => delta.tool_calls ?? [])).toEqual(
      calls.map(({ id, type, function: called }, index) => ({ index, id, type, function: called })),
    );
    expect(calls.map((one) => `${one.function.name}${one.function.arguments}`)).toEqual([
      'a{"x":1}',
      'b{}',
      'a{"x":2}',
    ]);
    expect(got[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: 'See:' } });
  });
});

describe('thoughts', () => {
  const pieces = [
    { candidates: [candidate([{ text: 'Think', thought: true }], {})] },
    { candidates: [candidate([{ text: 'ing', thought: true }, { text: 'Say' }], {})] },
    { candidates: [candidate([{ text: '', thoughtSignature: 'c2ln' }])] },
  ];
  const message = {
    role: 'assistant',
    content: 'Say',
    refusal: null,
    reasoning: 'Thinking',
    reasoning_details: [{ type: 'reasoning.encrypted', format: 'google-gemini-v1', index: 0, data: 'c2ln' }],
  };

  it('are reasoning beside the text, and their signature is kept', async () => {
    const parts = pieces.flatMap((piece) => piece.candidates[0]?.content.parts ?? []);
    expect((await choices({ candidates: [candidate(parts)] })).choices[0]?.message).toEqual(message);
  });

  it('are streamed as reasoning', async () => {
    const { choices: got, deltas } = await choices(pieces);
    expect(got[0]?.message).toEqual(message);
    expect(deltas.map(({ delta }) => delta)).toEqual([
      { role: 'assistant', reasoning: 'Think' },
      { reasoning: 'ing' },
      { content: 'Say' },
      { reasoning_details: message.reasoning_details },
    ]);
  });
});

describe('several candidates', () => {
  it('are choices, also when their pieces are mixed', async () => {
    const pieces = [
      { candidates: [candidate([{ text: 'b' }], { index: 1 })] },
      {
        candidates: [
          candidate([{ text: 'a' }], { index: 0 }),
          candidate([{ text: 'B' }], { index: 1, finishReason: 'MAX_TOKENS' }),
        ],
      },
      { candidates: [candidate([], { index: 0, finishReason: 'STOP' })] },
    ];
    const { choices: got, deltas } = await choices(pieces);
    expect(got.map((one) => [one.index, one.message.content, one.finish_reason])).toEqual([
      [0, 'a', 'stop'],
      [1, 'bB', 'length'],
    ]);
    expect(deltas.map(({ index, delta }) => `${index}${delta.content}`)).toEqual(['1b', '0a', '1B']);
  });

  it('of which one is blocked: it is marked', async () => {
    const answer = { candidates: [candidate([{ text: 'a' }]), { index: 1, finishReason: 'SAFETY' }] };
    expect((await choices(answer)).choices.map((one) => one.finish_reason)).toEqual([
      'stop',
      'content_filter',
    ]);
  });

  it('of which one has not ended are truncated', async () => {
    const { outcome } = await receive([
      {
        candidates: [
          candidate([{ text: 'a' }], { index: 0, finishReason: 'STOP' }),
          candidate([{ text: 'b' }], { index: 1 }),
        ],
      },
    ]);
    expect(outcome).toMatchObject({ error: { code: 'truncated' } });
  });
});

it('logprobs come in OpenAI’s form', async () => {
  const logprobsResult = {
    chosenCandidates: [{ token: 'ü', tokenId: 5, logProbability: -0.1 }],
    topCandidates: [
      {
        candidates: [
          { token: 'ü', logProbability: -0.1 },
          { token: 'u', logProbability: -2 },
        ],
      },
    ],
  };
  const [choice] = (
    await choices({ candidates: [candidate([{ text: 'ü' }], { finishReason: 'STOP', logprobsResult })] })
  ).choices;
  expect(choice?.logprobs).toEqual({
    content: [
      {
        token: 'ü',
        logprob: -0.1,
        bytes: [195, 188],
        top_logprobs: [
          { token: 'ü', logprob: -0.1, bytes: [195, 188] },
          { token: 'u', logprob: -2, bytes: [117] },
        ],
      },
    ],
  });
});

describe('blocks', () => {
  const safetyRatings = [
    { category: 'HARM_CATEGORY_HARASSMENT', probability: 'LOW' },
    { category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH', blocked: true },
  ];

  it.each<[string, object | object[], RegExp]>([
    [
      'of the prompt',
      { promptFeedback: { blockReason: 'SAFETY', safetyRatings } },
      /the prompt: blockReason SAFETY; categories: dangerous_content$/,
    ],
    [
      'of the prompt in a stream',
      [{ promptFeedback: { blockReason: 'OTHER' } }],
      /the prompt: blockReason OTHER$/,
    ],
    [
      'of the answer',
      { candidates: [{ finishReason: 'SAFETY', safetyRatings }] },
      /the answer: finishReason SAFETY; categories: dangerous_content$/,
    ],
    [
      'of the answer in a stream',
      [
        { candidates: [candidate([{ text: 'a' }], {})] },
        { candidates: [{ finishReason: 'SAFETY', safetyRatings }] },
      ],
      /categories: dangerous_content$/,
    ],
  ])('%s say which categories', async (_what, answer, message) => {
    const { outcome } = await receive(answer);
    expect(outcome).toMatchObject({
      error: { code: 'content_filter', retryable: false, message: expect.stringMatching(message) as unknown },
    });
  });

  it('by a malformed call can be tried again, and say what was wrong', async () => {
    const finishMessage = 'Malformed function call: print(f(';
    const { outcome } = await receive([
      { candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage }] },
    ]);
    expect(outcome).toMatchObject({
      error: {
        code: 'malformed_response',
        retryable: true,
        message: expect.stringContaining(finishMessage) as unknown,
      },
    });
  });
});

describe('usage', () => {
  it('counts what tools read, thoughts and sound', async () => {
    const usageMetadata = {
      promptTokenCount: 100,
      toolUsePromptTokenCount: 20,
      cachedContentTokenCount: 40,
      candidatesTokenCount: 7,
      thoughtsTokenCount: 3,
      totalTokenCount: 130,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 68 },
        { modality: 'AUDIO', tokenCount: 32 },
      ],
    };
    const { outcome } = await receive({ candidates: [candidate([{ text: 'a' }])], usageMetadata });
    expect(outcome.usage).toEqual({
      prompt_tokens: 120,
      completion_tokens: 10,
      reasoning_tokens: 3,
      cache_read_tokens: 40,
      cache_write_tokens: 0,
      total_tokens: 130,
      audio_input_tokens: 32,
    });
  });

  it('of a stream is that of its last piece', async () => {
    const { outcome } = await receive([
      {
        candidates: [candidate([{ text: 'a' }], {})],
        usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 1 },
      },
      {
        candidates: [candidate([{ text: 'b' }])],
        usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 2 },
      },
    ]);
    expect(outcome.usage).toMatchObject({ prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 });
  });
});

it.each([false, true])('the tier that is billed is that of the header (stream: %s)', async (isStream) => {
  const answer = { candidates: [candidate([{ text: 'a' }])] };
  const headers = { 'x-gemini-service-tier': 'standard' };
  const { outcome } = await sendToGoogle(
    server,
    { ...REQUEST, service_tier: 'priority' },
    { answer: isStream ? [answer] : answer, headers },
  );
  expect(outcome).toMatchObject({ completion: { service_tier: 'default' } });
});
