import OpenAI, { APIConnectionError, type APIError, AuthenticationError, BadRequestError } from 'openai';
import { InternalServerError, NotFoundError, PermissionDeniedError, RateLimitError } from 'openai';
import { startSimulator, type FaultRuleInput, type Simulator } from '@sluice/simulator';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const MODEL = 'gpt-4.1-mini';
const MESSAGES = [
  { role: 'system' as const, content: 'Be brief.' },
  { role: 'user' as const, content: 'Why do durable queues matter?' },
];

let simulator: Simulator;
let client: OpenAI;

beforeAll(async () => {
  simulator = await startSimulator({ config: { latency: { p50_ms: 0, tokens_per_second: 0 } } });
  client = new OpenAI({
    apiKey: 'sk-test',
    baseURL: simulator.urlFor('openai'),
    maxRetries: 0,
    timeout: 5_000,
    logLevel: 'off',
  });
});
afterAll(() => simulator.close());
beforeEach(() => simulator.control.reset());

async function fail(rule: Omit<FaultRuleInput, 'account'>, stream = false): Promise<APIError> {
  await simulator.control.setFaults([{ account: 'openai', ...rule }]);
  const call = async (): Promise<unknown> => {
    if (!stream) return client.chat.completions.create({ model: MODEL, messages: MESSAGES });
    const answer = await client.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true });
    for await (const chunk of answer) void chunk;
    return null;
  };
  return call().then(
    () => expect.fail('the call succeeded'),
    (error: unknown) => error as APIError,
  );
}

describe('plain chat', () => {
  test('answers as OpenAI does, with usage that agrees with text and bill', async () => {
    const { data, response, request_id } = await client.chat.completions
      .create({ model: MODEL, messages: MESSAGES })
      .withResponse();
    expect(data.id).toMatch(/^chatcmpl-[A-Za-z0-9]{29}$/);
    expect(data.object).toBe('chat.completion');
    expect(data.model).toBe(MODEL);
    expect(Math.abs(data.created - Date.now() / 1_000)).toBeLessThan(60);
    expect(data.system_fingerprint).toMatch(/^fp_[0-9a-f]{10}$/);
    expect(data.choices).toHaveLength(1);
    const [choice] = data.choices;
    expect(choice).toMatchObject({ index: 0, logprobs: null, finish_reason: 'stop' });
    const text = choice!.message.content!;
    expect(text).toContain('durable');
    const usage = data.usage!;
    expect(usage.completion_tokens).toBe(Math.ceil(text.length / 4));
    // 3 per conversation, 4 per message, bytes / 4 of each.
    expect(usage.prompt_tokens).toBe(3 + 4 + Math.ceil(9 / 4) + 4 + Math.ceil(29 / 4));
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens);
    expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
    expect(response.headers.get('openai-processing-ms')).toMatch(/^\d+$/);
    expect(request_id).toBe(response.headers.get('x-request-id'));

    const [bill] = simulator.control.bill();
    expect(bill).toMatchObject({
      account: 'openai',
      model: MODEL,
      calls: 1,
      prompt_tokens: usage.prompt_tokens,
    });
    expect(bill!.cost_usd).toBeCloseTo((usage.prompt_tokens + 5 * usage.completion_tokens) / 1e6, 12);
  });

  test('gives the same text for the same conversation and another for another', async () => {
    const ask = async (content: string): Promise<string | null> => {
      const messages = [{ role: 'user' as const, content }];
      return (await client.chat.completions.create({ model: MODEL, messages })).choices[0]!.message.content;
    };
    const first = await ask('Compare lists and streams.');
    expect(await ask('Compare lists and streams.')).toBe(first);
    expect(await ask('Compare trees and graphs.')).not.toBe(first);
  });

  test('honours the token limit and stop sequences', async () => {
    const short = await client.chat.completions.create({ model: MODEL, messages: MESSAGES, max_tokens: 5 });
    expect(short.choices[0]!.finish_reason).toBe('length');
    expect(short.choices[0]!.message.content).toHaveLength(20);
    expect(short.usage!.completion_tokens).toBe(5);
    const stopped = await client.chat.completions.create({
      model: MODEL,
      messages: MESSAGES,
      stop: ['matters'],
    });
    expect(stopped.choices[0]!.finish_reason).toBe('stop');
    expect(stopped.choices[0]!.message.content).toBe('Here is what ');
  });

  test('works on the bare path too, as a client pointed straight at the server', async () => {
    const bare = new OpenAI({ apiKey: 'sk-test', baseURL: `${simulator.url}/v1`, maxRetries: 0 });
    expect((await bare.chat.completions.create({ model: MODEL, messages: MESSAGES })).choices).toHaveLength(
      1,
    );
    const models = await bare.models.list();
    expect(models.data.map((model) => model.id)).toContain('gpt-5.4-mini');
  });
});

describe('streaming chat', () => {
  test('sends the same text in pieces, then the reason, then usage', async () => {
    const plain = await client.chat.completions.create({ model: MODEL, messages: MESSAGES });
    const stream = await client.chat.completions.create({
      model: MODEL,
      messages: MESSAGES,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
    expect(chunks[0]!.choices[0]!.delta).toEqual({ role: 'assistant', content: '', refusal: null });
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
    expect(text).toBe(plain.choices[0]!.message.content);
    const reasons = chunks.map((chunk) => chunk.choices[0]?.finish_reason ?? null).filter(Boolean);
    expect(reasons).toEqual(['stop']);
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: plain.usage! });
  });

  test('ends with [DONE]', async () => {
    const body = { model: MODEL, messages: MESSAGES, stream: true } as const;
    const response = await client.chat.completions.create(body).asResponse();
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await response.text()).toMatch(/\n\ndata: \[DONE\]\n\n$/);
  });

  test('sends no usage unasked', async () => {
    const stream = await client.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true });
    for await (const chunk of stream) expect(chunk.usage).toBeUndefined();
  });

  test('keeps to its pace', async () => {
    simulator.control.setLatency({ account: 'openai', latency: { p50_ms: 0, tokens_per_second: 100 } });
    const startedAtMs = performance.now();
    const stream = await client.chat.completions.create({
      model: MODEL,
      messages: MESSAGES,
      stream: true,
      max_completion_tokens: 30,
    });
    for await (const chunk of stream) void chunk;
    expect(performance.now() - startedAtMs).toBeGreaterThan(200);
  });

  test('records a client that leaves, and bills what was sent', async () => {
    simulator.control.setLatency({ account: 'openai', latency: { p50_ms: 0, tokens_per_second: 20 } });
    const stream = await client.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true });
    let text = '';
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (text.length > 8) break;
    }
    await expect.poll(() => simulator.control.summary().running).toBe(0);
    await expect.poll(() => simulator.control.calls()[0]!.completion_tokens).toBeGreaterThan(0);
    const [call] = simulator.control.calls();
    expect(call).toMatchObject({ aborted: true, stream: true, status: 200 });
    expect(call!.completion_tokens).toBeLessThan(20);
  });
});

describe('refusals', () => {
  const invalid: [string, Record<string, unknown>, { code: string | null; param: string | null }][] = [
    ['no messages', { messages: [] }, { code: 'empty_array', param: 'messages' }],
    ['an unknown field', { colour: 1 }, { code: 'unknown_parameter', param: 'colour' }],
    [
      'an unknown role',
      { messages: [{ role: 'robot', content: 'x' }] },
      { code: 'invalid_value', param: 'messages[0].role' },
    ],
    ['too hot', { temperature: 2.5 }, { code: 'decimal_above_max_value', param: 'temperature' }],
    ['a temperature in words', { temperature: 'hot' }, { code: 'invalid_type', param: 'temperature' }],
    ['too many tokens', { max_tokens: 40_000 }, { code: 'invalid_value', param: 'max_tokens' }],
    ['no tokens', { max_tokens: 0 }, { code: 'integer_below_min_value', param: 'max_tokens' }],
    ['five stops', { stop: ['a', 'b', 'c', 'd', 'e'] }, { code: 'array_above_max_length', param: 'stop' }],
    [
      'options of no stream',
      { stream_options: { include_usage: true } },
      { code: null, param: 'stream_options' },
    ],
    [
      'max_tokens at a reasoning model',
      { model: 'gpt-5-mini', max_tokens: 9 },
      { code: 'unsupported_parameter', param: 'max_tokens' },
    ],
    [
      'temperature at a reasoning model',
      { model: 'o3', temperature: 0.2 },
      { code: 'unsupported_value', param: 'temperature' },
    ],
  ];
  test.each(invalid)('400 for %s', async (_name, fields, expected) => {
    const body = {
      model: MODEL,
      messages: MESSAGES,
      ...fields,
    } as OpenAI.ChatCompletionCreateParamsNonStreaming;
    const error: unknown = await client.chat.completions.create(body).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ type: 'invalid_request_error', ...expected });
  });

  test('404 for an unknown model of a strict account, 401 for an unknown key, 400 for too long a prompt', async () => {
    const strict = await startSimulator({
      config: {
        accounts: {
          picky: {
            kind: 'openai',
            strict_models: true,
            valid_keys: ['sk-right'],
            models: { tiny: { max_input_tokens: 50 } },
            latency: { p50_ms: 0 },
          },
        },
      },
    });
    try {
      const options = { baseURL: strict.urlFor('picky'), maxRetries: 0 };
      const right = new OpenAI({ ...options, apiKey: 'sk-right' });
      await expect(
        right.chat.completions.create({ model: 'gpt-9', messages: MESSAGES }),
      ).rejects.toMatchObject({
        constructor: NotFoundError,
        code: 'model_not_found',
      });
      const wrong = new OpenAI({ ...options, apiKey: 'sk-wrong-key' });
      await expect(wrong.chat.completions.create({ model: MODEL, messages: MESSAGES })).rejects.toMatchObject(
        {
          constructor: AuthenticationError,
          code: 'invalid_api_key',
        },
      );
      const messages = [{ role: 'user' as const, content: 'word '.repeat(100) }];
      await expect(right.chat.completions.create({ model: 'tiny', messages })).rejects.toMatchObject({
        constructor: BadRequestError,
        code: 'context_length_exceeded',
        message: expect.stringContaining('maximum context length is 50 tokens') as string,
      });
    } finally {
      await strict.close();
    }
  });

  test('broken JSON, a wrong path and a missing key have OpenAI forms', async () => {
    const post = (path: string, body: string, headers: Record<string, string>): Promise<Response> =>
      fetch(`${simulator.url}${path}`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
      });
    const key = { authorization: 'Bearer sk-x' };
    const broken = await post('/openai/v1/chat/completions', '{"model": ', key);
    expect([broken.status, ((await broken.json()) as { error: { type: string } }).error.type]).toEqual([
      400,
      'invalid_request_error',
    ]);
    const nowhere = await post('/openai/v1/chat', '{}', key);
    expect(await nowhere.json()).toMatchObject({ error: { message: 'Invalid URL (POST /v1/chat)' } });
    expect((await post('/openai/v1/chat/completions', '{}', {})).status).toBe(401);
    expect((await fetch(`${simulator.url}/openai/v1/chat/completions`)).status).toBe(405);
  });
});

describe('faults', () => {
  test('each answers with the status and class that the SDK knows', async () => {
    expect(await fail({ kind: 'server_error' })).toMatchObject({
      constructor: InternalServerError,
      status: 500,
      type: 'server_error',
    });
    expect(await fail({ kind: 'bad_gateway' })).toMatchObject({
      constructor: InternalServerError,
      status: 502,
    });
    expect(await fail({ kind: 'unavailable' })).toMatchObject({
      constructor: InternalServerError,
      status: 503,
    });
    expect(await fail({ kind: 'unauthorized' })).toMatchObject({
      constructor: AuthenticationError,
      code: 'invalid_api_key',
    });
    expect(await fail({ kind: 'forbidden' })).toMatchObject({ constructor: PermissionDeniedError });
    expect(await fail({ kind: 'billing' })).toMatchObject({
      constructor: RateLimitError,
      code: 'insufficient_quota',
    });
    expect(await fail({ kind: 'context_window' })).toMatchObject({
      constructor: BadRequestError,
      code: 'context_length_exceeded',
    });
    expect(await fail({ kind: 'prompt_blocked' })).toMatchObject({
      constructor: BadRequestError,
      code: 'invalid_prompt',
    });
  });

  test('429 comes with and without a wait', async () => {
    const hinted = await fail({ kind: 'rate_limited', retry_after_s: 1.5 });
    expect(hinted).toMatchObject({ constructor: RateLimitError, code: 'rate_limit_exceeded' });
    expect(hinted.headers!.get('retry-after')).toBe('2');
    expect(hinted.headers!.get('retry-after-ms')).toBe('1500');
    const bare = await fail({ kind: 'rate_limited_no_hint' });
    expect(bare).toBeInstanceOf(RateLimitError);
    expect(bare.headers!.get('retry-after')).toBeNull();
  });

  test('connections break before any answer', async () => {
    for (const kind of ['connection_refused', 'connection_reset'] as const) {
      expect(await fail({ kind })).toBeInstanceOf(APIConnectionError);
    }
    expect(simulator.control.calls().map(({ status, aborted }) => [status, aborted])).toEqual([
      [null, false],
      [null, false],
    ]);
  });

  test('a refusal is a 200 with the refusal beside the text', async () => {
    await simulator.control.setFaults([{ account: 'openai', kind: 'refusal' }]);
    const { choices } = await client.chat.completions.create({ model: MODEL, messages: MESSAGES });
    expect(choices[0]).toMatchObject({ finish_reason: 'content_filter', message: { content: null } });
    expect(choices[0]!.message.refusal).toMatch(/can't help/);
  });

  test('broken bodies can not be read', async () => {
    expect(await fail({ kind: 'malformed_json' })).toBeInstanceOf(Error);
    await simulator.control.setFaults([{ account: 'openai', kind: 'empty_body' }]);
    const response = await client.chat.completions.create({ model: MODEL, messages: MESSAGES }).asResponse();
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  test('streams break in each way', async () => {
    expect(await fail({ kind: 'error_in_stream', after_tokens: 2 }, true)).toMatchObject({
      type: 'server_error',
    });
    expect(await fail({ kind: 'malformed_json' }, true)).toBeInstanceOf(SyntaxError);
    expect(await fail({ kind: 'connection_reset', after_tokens: 3 }, true)).toBeInstanceOf(Error);
    // OpenAI's SDK takes an end without [DONE] for the end: what is missing is the reason.
    await simulator.control.setFaults([{ account: 'openai', kind: 'cut_stream', after_tokens: 3 }]);
    const stream = await client.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks).toHaveLength(4);
    expect(chunks.every((chunk) => chunk.choices[0]?.finish_reason === null)).toBe(true);
  });

  test('hangs last until the client leaves', async () => {
    await simulator.control.setFaults([
      { account: 'openai', kind: 'hang_before_headers', times: 1 },
      { account: 'openai', kind: 'hang_mid_stream' },
    ]);
    const leave = new AbortController();
    const hanging = client.chat.completions.create(
      { model: MODEL, messages: MESSAGES },
      { signal: leave.signal },
    );
    await expect.poll(() => simulator.control.summary().running).toBe(1);
    leave.abort();
    await expect(hanging).rejects.toThrow('aborted');
    await expect.poll(() => simulator.control.calls()[0]!.aborted).toBe(true);

    const stream = await client.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true });
    const iterator = stream[Symbol.asyncIterator]();
    expect((await iterator.next()).done).toBe(false);
    stream.controller.abort();
    await expect.poll(() => simulator.control.calls()[1]!.aborted).toBe(true);
  });
});

test('an OpenAI-compatible account needs no key, ignores unknown fields and sends no rate limits', async () => {
  const answer = await fetch(`${simulator.urlFor('local')}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'llama', messages: MESSAGES, top_k: 5 }),
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('x-ratelimit-limit-requests')).toBeNull();
});
