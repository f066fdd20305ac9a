import {
  GoogleGenerativeAI,
  type GoogleGenerativeAIFetchError,
  type EnhancedGenerateContentResponse,
  type GenerativeModel,
} from '@google/generative-ai';
import { startSimulator, type FaultRuleInput, type Simulator } from '@sluice/simulator';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const PROMPT = 'Why do durable queues matter?';

let simulator: Simulator;
let model: GenerativeModel;

beforeAll(async () => {
  simulator = await startSimulator({ config: { latency: { p50_ms: 0, tokens_per_second: 0 } } });
  model = new GoogleGenerativeAI('test-key').getGenerativeModel(
    { model: 'gemini-2.5-flash', systemInstruction: 'Be brief.' },
    { baseUrl: simulator.urlFor('google'), timeout: 5_000 },
  );
});
afterAll(() => simulator.close());
beforeEach(() => simulator.control.reset());

async function chunksOf(prompt = PROMPT): Promise<EnhancedGenerateContentResponse[]> {
  const chunks: EnhancedGenerateContentResponse[] = [];
  const { stream, response } = await model.generateContentStream(prompt);
  // The SDK aggregates on its own; without a handler its rejection would be unhandled.
  response.catch(() => {});
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

async function fail(
  rule: Omit<FaultRuleInput, 'account'>,
  stream = false,
): Promise<GoogleGenerativeAIFetchError> {
  await simulator.control.setFaults([{ account: 'google', ...rule }]);
  const call: Promise<unknown> = stream ? chunksOf() : model.generateContent(PROMPT);
  return call.then(
    () => expect.fail('the call succeeded'),
    (error: unknown) => error as GoogleGenerativeAIFetchError,
  );
}

interface GoogleError {
  error: { code: number; message: string; status: string; details?: { '@type': string }[] };
}

/** A request as the SDK would not send it. */
async function post(
  body: unknown,
  query = '?key=k',
  path = 'models/gemini-2.5-flash:generateContent',
): Promise<GoogleError> {
  const response = await fetch(`${simulator.urlFor('google')}/v1beta/${path}${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return (await response.json()) as GoogleError;
}

test('generateContent is answered as Google does', async () => {
  const { response } = await model.generateContent(PROMPT);
  const text = response.text();
  expect(text).toContain('durable');
  expect(response.candidates).toMatchObject([
    { index: 0, finishReason: 'STOP', content: { role: 'model', parts: [{ text }] } },
  ]);
  const usage = response.usageMetadata!;
  expect(usage.candidatesTokenCount).toBe(Math.ceil(text.length / 4));
  expect(usage.promptTokenCount).toBe(3 + 4 + Math.ceil(9 / 4) + 4 + Math.ceil(29 / 4));
  expect(usage.totalTokenCount).toBe(usage.promptTokenCount + usage.candidatesTokenCount);
  expect(response).toMatchObject({ modelVersion: 'gemini-2.5-flash' });
  expect((response as { responseId?: string }).responseId).toMatch(/^[A-Za-z0-9]{22}$/);
});

test('a stream sends the same text, growing usage and one reason at the end', async () => {
  const plain = (await model.generateContent(PROMPT)).response;
  const chunks = await chunksOf();
  expect(chunks.map((chunk) => chunk.text()).join('')).toBe(plain.text());
  const reasons = chunks.map((chunk) => chunk.candidates?.[0]?.finishReason);
  expect(reasons.filter(Boolean)).toEqual(['STOP']);
  expect(reasons.at(-1)).toBe('STOP');
  const counts = chunks.map((chunk) => chunk.usageMetadata!.candidatesTokenCount);
  expect(counts).toEqual(counts.toSorted((left, right) => left - right));
  expect(chunks.at(-1)!.usageMetadata).toEqual(plain.usageMetadata);
});

test('token limit and stop sequences end the text', async () => {
  const contents = [{ role: 'user', parts: [{ text: PROMPT }] }];
  const short = await model.generateContent({ contents, generationConfig: { maxOutputTokens: 5 } });
  expect(short.response.candidates![0]!.finishReason).toBe('MAX_TOKENS');
  expect(short.response.usageMetadata!.candidatesTokenCount).toBe(5);
  const stopped = await model.generateContent({ contents, generationConfig: { stopSequences: ['matters'] } });
  expect(stopped.response.candidates![0]!.finishReason).toBe('STOP');
  expect(stopped.response.text()).toBe('Here is what ');
});

test('a chat session sends its history', async () => {
  const chat = model.startChat({
    history: [
      { role: 'user', parts: [{ text: 'Hello' }] },
      { role: 'model', parts: [{ text: 'Hello there' }] },
    ],
  });
  const { response } = await chat.sendMessage('Go on');
  expect(response.usageMetadata!.promptTokenCount).toBe(3 + 4 * 4 + 3 + 2 + 3 + 2);
});

describe('refusals', () => {
  const contents = [{ role: 'user', parts: [{ text: 'hi' }] }];
  const invalid: [unknown, string][] = [
    [{}, 'contents is not specified'],
    [{ contents: [] }, 'contents is not specified'],
    [{ contents: [{ role: 'user', parts: [] }] }, 'contents.parts must not be empty.'],
    [
      { contents: [{ role: 'user', parts: [{}] }] },
      "required oneof field 'data' must have one initialized field",
    ],
    [{ contents: [{ role: 'system', parts: [{ text: 'x' }] }] }, 'Please use a valid role: user, model.'],
    [
      { contents, messages: [] },
      'Invalid JSON payload received. Unknown name "messages": Cannot find field.',
    ],
    [
      { contents: [{ ...contents[0], name: 'x' }] },
      'Unknown name "name" at \'contents[0]\': Cannot find field.',
    ],
    [{ contents, generationConfig: { temperature: 3 } }, 'temperature must be in the range [0.0, 2.0].'],
    [{ contents, generation_config: { max_output_tokens: 65_537 } }, 'maxOutputTokens value of 65537'],
    ['{"contents": [', 'Invalid JSON payload received.'],
  ];
  test.each(invalid)('400 for %j', async (body, message) => {
    const { error } = await post(body);
    expect(error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
    expect(error.message).toContain(message);
  });

  test('no key, a wrong key, an unknown model and a wrong path have Google forms', async () => {
    expect((await post({ contents }, '')).error).toMatchObject({ code: 403, status: 'PERMISSION_DENIED' });
    expect((await post({ contents }, '?key=k', 'models/x:embed')).error).toMatchObject({
      code: 404,
      status: 'NOT_FOUND',
    });
    const google = { kind: 'google' as const, strict_models: true, valid_keys: ['right'] };
    const strict = await startSimulator({ config: { accounts: { google } } });
    try {
      const ask = (key: string, name: string): Promise<unknown> =>
        new GoogleGenerativeAI(key)
          .getGenerativeModel({ model: name }, { baseUrl: strict.url })
          .generateContent(PROMPT);
      await expect(ask('wrong', 'gemini-2.5-pro')).rejects.toMatchObject({
        status: 400,
        errorDetails: [{ reason: 'API_KEY_INVALID' }, {}],
      });
      await expect(ask('right', 'gemini-9')).rejects.toMatchObject({
        status: 404,
        message: expect.stringContaining('models/gemini-9 is not found for API version v1beta') as string,
      });
    } finally {
      await strict.close();
    }
  });
});

describe('faults', () => {
  test('each answers with its status', async () => {
    expect(await fail({ kind: 'server_error' })).toMatchObject({ status: 500 });
    expect(await fail({ kind: 'bad_gateway' })).toMatchObject({ status: 502 });
    expect(await fail({ kind: 'unavailable' })).toMatchObject({
      status: 503,
      message: expect.stringContaining('overloaded') as string,
    });
    expect(await fail({ kind: 'unauthorized' })).toMatchObject({ status: 401 });
    expect(await fail({ kind: 'billing' })).toMatchObject({
      status: 403,
      errorDetails: [{ reason: 'BILLING_DISABLED' }],
    });
    expect(await fail({ kind: 'context_window' })).toMatchObject({
      status: 400,
      message: expect.stringContaining(
        'The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).',
      ) as string,
    });
  });

  test('429 tells its wait in the body, or not at all', async () => {
    const hinted = await fail({ kind: 'rate_limited', retry_after_s: 26 });
    expect(hinted.status).toBe(429);
    expect(hinted.errorDetails).toContainEqual({
      '@type': 'type.googleapis.com/google.rpc.RetryInfo',
      retryDelay: '26s',
    });
    const bare = await fail({ kind: 'rate_limited_no_hint' });
    expect(JSON.stringify(bare.errorDetails)).not.toContain('RetryInfo');
  });

  test('a blocked prompt is a 200 without candidates, a refusal one without text', async () => {
    await simulator.control.setFaults([{ account: 'google', kind: 'prompt_blocked' }]);
    const { response } = await model.generateContent(PROMPT);
    expect(response.candidates).toBeUndefined();
    expect(response.promptFeedback).toMatchObject({ blockReason: 'PROHIBITED_CONTENT' });
    expect(() => response.text()).toThrow('blocked');
    expect(await chunksOf()).toMatchObject([{ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }]);

    await simulator.control.setFaults([{ account: 'google', kind: 'refusal' }]);
    const refused = (await model.generateContent(PROMPT)).response;
    expect(refused.candidates![0]!.finishReason).toBe('SAFETY');
    expect(() => refused.text()).toThrow('SAFETY');
  });

  test('connections and streams break in each way', async () => {
    expect(await fail({ kind: 'connection_reset' })).toMatchObject({
      message: expect.stringContaining('Error fetching') as string,
    });
    expect(await fail({ kind: 'connection_refused' })).toMatchObject({
      message: expect.stringContaining('Error fetching') as string,
    });
    expect(await fail({ kind: 'empty_body' })).toBeInstanceOf(SyntaxError);
    expect(await fail({ kind: 'malformed_json' }, true)).toMatchObject({
      message: expect.stringContaining('Error') as string,
    });
    await simulator.control.setFaults([{ account: 'google', kind: 'cut_stream', after_tokens: 2 }]);
    const cut = await chunksOf();
    expect(cut.map((chunk) => chunk.candidates![0]!.finishReason)).toEqual([undefined, undefined]);
    await simulator.control.setFaults([{ account: 'google', kind: 'error_in_stream', after_tokens: 1 }]);
    expect((await chunksOf()).at(-1)).toMatchObject({ error: { code: 503, status: 'UNAVAILABLE' } });
  });
});
