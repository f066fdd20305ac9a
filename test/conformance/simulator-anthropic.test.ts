import Anthropic, {
  APIConnectionError,
  type APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  OverloadedError,
  PaymentRequiredError,
  PermissionDeniedError,
  RateLimitError,
} from '@anthropic-ai/sdk';
import { startSimulator, type FaultRuleInput, type Simulator } from '@sluice/simulator';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const BODY = {
  model: 'claude-haiku-4-5',
  max_tokens: 200,
  system: 'Be brief.',
  messages: [{ role: 'user' as const, content: 'Why do durable queues matter?' }],
};

let simulator: Simulator;
let client: Anthropic;

beforeAll(async () => {
  simulator = await startSimulator({ config: { latency: { p50_ms: 0, tokens_per_second: 0 } } });
  const baseURL = simulator.urlFor('anthropic');
  client = new Anthropic({ apiKey: 'sk-ant-test', baseURL, maxRetries: 0, timeout: 5_000, logLevel: 'off' });
});
afterAll(() => simulator.close());
beforeEach(() => simulator.control.reset());

async function eventsOf(body: object = {}): Promise<Anthropic.MessageStreamEvent[]> {
  const events: Anthropic.MessageStreamEvent[] = [];
  const stream = await client.messages.create({ ...BODY, ...body, stream: true });
  for await (const event of stream) events.push(event);
  return events;
}

async function fail(rule: Omit<FaultRuleInput, 'account'>, stream = false): Promise<APIError> {
  await simulator.control.setFaults([{ account: 'anthropic', ...rule }]);
  const call: Promise<unknown> = stream ? eventsOf() : client.messages.create(BODY);
  return call.then(
    () => expect.fail('the call succeeded'),
    (error: unknown) => error as APIError,
  );
}

/** A request as no SDK would send it. */
async function post(
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; message: string; type: string }> {
  const response = await fetch(`${simulator.urlFor('anthropic')}/v1/messages`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-key': 'k',
      'anthropic-version': '2023-06-01',
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const { error } = (await response.json()) as { error?: { message: string; type: string } };
  return { status: response.status, message: error?.message ?? '', type: error?.type ?? '' };
}

test('a plain message is answered as Anthropic does', async () => {
  const { data, response } = await client.messages.create(BODY).withResponse();
  expect(data.id).toMatch(/^msg_01[A-Za-z0-9]{22}$/);
  expect(data).toMatchObject({
    type: 'message',
    role: 'assistant',
    model: BODY.model,
    stop_reason: 'end_turn',
    stop_sequence: null,
  });
  const block = data.content[0] as Anthropic.TextBlock;
  expect(block.type).toBe('text');
  expect(block.text).toContain('durable');
  expect(data.usage.output_tokens).toBe(Math.ceil(block.text.length / 4));
  expect(data.usage.input_tokens).toBe(3 + 4 + Math.ceil(9 / 4) + 4 + Math.ceil(29 / 4));
  expect(data.usage).toMatchObject({ cache_read_input_tokens: 0, service_tier: 'standard' });
  expect(response.headers.get('request-id')).toMatch(/^req_011C[A-Za-z0-9]{20}$/);
});

test('a stream has the events in their order, cumulative usage and the same text', async () => {
  const plain = await client.messages.create(BODY);
  const raw = await client.messages.create({ ...BODY, stream: true }).asResponse();
  const names = Array.from((await raw.text()).matchAll(/^event: (\w+)$/gm), (match) => match[1]);
  expect(names.slice(0, 4)).toEqual(['message_start', 'content_block_start', 'ping', 'content_block_delta']);
  expect(names.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);

  const events = await eventsOf();
  const start = events[0] as Anthropic.RawMessageStartEvent;
  expect(start.type).toBe('message_start');
  expect(start.message).toMatchObject({
    content: [],
    stop_reason: null,
    usage: { input_tokens: plain.usage.input_tokens },
  });
  const text = events
    .map((event) =>
      event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? event.delta.text : '',
    )
    .join('');
  expect(plain.content).toMatchObject([{ text }]);
  const delta = events.find((event) => event.type === 'message_delta');
  expect(delta).toMatchObject({
    delta: { stop_reason: 'end_turn' },
    usage: { output_tokens: plain.usage.output_tokens },
  });
});

test("the SDK's own accumulator accepts the stream", async () => {
  const message = await client.messages.stream(BODY).finalMessage();
  expect(message).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'text' }] });
});

test('token limit and stop sequences end the text with their reasons', async () => {
  const short = await client.messages.create({ ...BODY, max_tokens: 5 });
  expect(short).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 5 } });
  const stopped = await client.messages.create({ ...BODY, stop_sequences: ['matters'] });
  expect(stopped).toMatchObject({
    stop_reason: 'stop_sequence',
    stop_sequence: 'matters',
    content: [{ text: 'Here is what ' }],
  });
});

describe('refusals', () => {
  const user = { role: 'user', content: 'hi' };
  const invalid: [Record<string, unknown>, string][] = [
    [{ max_tokens: undefined }, 'max_tokens: Field required'],
    [{ max_tokens: 0 }, 'max_tokens: Input should be greater than or equal to 1'],
    [
      { max_tokens: 64_001 },
      'max_tokens: 64001 > 64000, which is the maximum allowed number of output tokens for claude-haiku-4-5',
    ],
    [{ messages: [] }, 'messages: at least one message is required'],
    [
      { messages: [{ role: 'assistant', content: 'x' }, user] },
      'messages: first message must use the "user" role',
    ],
    [{ messages: [{ role: 'system', content: 'x' }, user] }, 'messages: Unexpected role "system"'],
    [{ messages: [{ role: 'user', content: '' }] }, 'messages.0: user messages must have non-empty content'],
    [
      { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] },
      'messages: text content blocks must be non-empty',
    ],
    [
      { messages: [user, { role: 'assistant', content: 'So: ' }] },
      'messages: final assistant content cannot end with trailing whitespace',
    ],
    [{ colour: 1 }, 'colour: Extra inputs are not permitted'],
    [{ temperature: 1.5 }, 'temperature: Input should be less than or equal to 1'],
    [{ temperature: 0.5, top_p: 0.5 }, '`temperature` and `top_p` cannot both be specified for this model'],
    [{ model: 'claude-opus-4-7', temperature: 0.5 }, '`temperature` is deprecated for this model.'],
    [{ stop_sequences: [' '] }, 'stop_sequences: each stop sequence must contain non-whitespace'],
  ];
  test.each(invalid)('400 for %j', async (fields, message) => {
    const answer = await post({ ...BODY, ...fields });
    expect(answer).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(answer.message).toContain(message);
  });

  test('API version 2026-10-21 takes no sampling parameters, the one before takes them', async () => {
    const version = { 'anthropic-version': '2026-10-21' };
    expect(await post({ ...BODY, temperature: 1 }, version)).toMatchObject({
      status: 400,
      message: 'temperature: Extra inputs are not permitted',
    });
    expect((await post({ ...BODY, temperature: 1 })).status).toBe(200);
    expect((await post({ ...BODY, temperature: 1 }, { 'anthropic-version': '' })).status).toBe(400);
  });

  test('unknown models, missing keys and broken JSON have Anthropic forms', async () => {
    expect(await post(BODY, { 'x-api-key': '' })).toMatchObject({
      status: 401,
      type: 'authentication_error',
    });
    expect(await post('{"model"')).toMatchObject({ status: 400, type: 'invalid_request_error' });
    const strict = await startSimulator({
      config: { accounts: { anthropic: { kind: 'anthropic', strict_models: true } } },
    });
    try {
      const picky = new Anthropic({ apiKey: 'k', baseURL: strict.url, maxRetries: 0 });
      await expect(picky.messages.create({ ...BODY, model: 'claude-9' })).rejects.toMatchObject({
        constructor: NotFoundError,
        type: 'not_found_error',
        apiMessage: 'model: claude-9',
      });
    } finally {
      await strict.close();
    }
  });
});

describe('faults', () => {
  test('each answers with the status and class that the SDK knows', async () => {
    expect(await fail({ kind: 'overloaded' })).toMatchObject({
      constructor: OverloadedError,
      status: 529,
      type: 'overloaded_error',
    });
    expect(await fail({ kind: 'server_error' })).toMatchObject({
      constructor: InternalServerError,
      status: 500,
      type: 'api_error',
    });
    expect(await fail({ kind: 'bad_gateway' })).toMatchObject({ status: 502 });
    expect(await fail({ kind: 'unavailable' })).toMatchObject({ status: 503 });
    expect(await fail({ kind: 'unauthorized' })).toMatchObject({
      constructor: AuthenticationError,
      apiMessage: 'invalid x-api-key',
    });
    expect(await fail({ kind: 'forbidden' })).toMatchObject({
      constructor: PermissionDeniedError,
      type: 'permission_error',
    });
    expect(await fail({ kind: 'billing' })).toMatchObject({
      constructor: PaymentRequiredError,
      type: 'billing_error',
    });
    expect(await fail({ kind: 'context_window' })).toMatchObject({
      constructor: BadRequestError,
      apiMessage: 'prompt is too long: 200001 tokens > 200000 maximum',
    });
    expect(await fail({ kind: 'prompt_blocked' })).toBeInstanceOf(BadRequestError);
  });

  test('429 comes with and without a wait, and errors name their request', async () => {
    const hinted = await fail({ kind: 'rate_limited', retry_after_s: 7 });
    expect(hinted).toMatchObject({ constructor: RateLimitError, type: 'rate_limit_error' });
    expect(hinted.headers!.get('retry-after')).toBe('7');
    expect((hinted.error as { request_id: string }).request_id).toBe(hinted.requestID);
    const bare = await fail({ kind: 'rate_limited_no_hint' });
    expect(bare.headers!.get('retry-after')).toBeNull();
  });

  test('connections and streams break in each way', async () => {
    expect(await fail({ kind: 'connection_reset' })).toBeInstanceOf(APIConnectionError);
    expect(await fail({ kind: 'error_in_stream', after_tokens: 2 }, true)).toMatchObject({
      type: 'overloaded_error',
      status: undefined,
    });
    expect(await fail({ kind: 'malformed_json' }, true)).toBeInstanceOf(SyntaxError);
    expect(await fail({ kind: 'connection_reset', after_tokens: 2 }, true)).toBeInstanceOf(Error);
    await simulator.control.setFaults([{ account: 'anthropic', kind: 'cut_stream', after_tokens: 2 }]);
    const types = (await eventsOf()).map((event) => event.type);
    expect(types).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
    ]);
  });

  test('a refusal is a 200 with stop_reason refusal, streamed or not', async () => {
    await simulator.control.setFaults([{ account: 'anthropic', kind: 'refusal' }]);
    expect(await client.messages.create(BODY)).toMatchObject({
      stop_reason: 'refusal',
      stop_details: { type: 'refusal' },
      content: [],
    });
    expect((await eventsOf()).map((event) => event.type)).toEqual([
      'message_start',
      'message_delta',
      'message_stop',
    ]);
  });
});

test('rate limit headers tell what is left', async () => {
  simulator.control.setLimits({
    account: 'anthropic',
    limits: { requests_per_minute: 6, burst_requests: 2, tokens_per_minute: 60_000 },
  });
  const headersOf = async (): Promise<Headers> =>
    (await client.messages.create(BODY).withResponse()).response.headers;
  const first = await headersOf();
  expect(first.get('anthropic-ratelimit-requests-limit')).toBe('6');
  expect(first.get('anthropic-ratelimit-requests-remaining')).toBe('1');
  expect(first.get('anthropic-ratelimit-requests-reset')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect(Number(first.get('anthropic-ratelimit-tokens-remaining'))).toBeLessThan(5_000);
  await headersOf();
  await expect(client.messages.create(BODY)).rejects.toMatchObject({
    constructor: RateLimitError,
    apiMessage: expect.stringContaining('6 requests per minute') as string,
  });
});
