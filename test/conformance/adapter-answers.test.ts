import { readFile } from 'node:fs/promises';
import { ATTEMPT_ERROR_CODES, type ProviderKind } from '@sluice/contracts';
import { createProviderAdapter, ERROR_DECISIONS, type ProviderOutcome } from '@sluice/providers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFORMANCE_VENDORS } from '../support/conformance-vendors.ts';
import { scriptedVendorServer, type ScriptedVendorServer } from '../support/scripted-vendor-server.ts';

let server: ScriptedVendorServer;
beforeAll(async () => {
  server = await scriptedVendorServer();
});
afterAll(async () => {
  await server.close();
});

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body: string | object;
  streaming?: boolean;
}

/** What the adapter makes of one answer. */
async function outcomeOf(
  kind: ProviderKind,
  { status = 200, headers = {}, body, streaming = false }: Answer,
): Promise<ProviderOutcome> {
  const { wire } = CONFORMANCE_VENDORS.find((vendor) => vendor.kind === kind)!;
  const type = streaming ? 'text/event-stream' : 'application/json';
  server.answer((response) =>
    response
      .writeHead(status, { 'content-type': type, ...headers })
      .end(typeof body === 'string' ? body : JSON.stringify(body)),
  );
  const adapter = createProviderAdapter({ kind, apiKey: 'sk-test', baseUrl: wire.baseUrl(server.origin) });
  const outcome = await adapter.call({
    model: 'm',
    entry: {},
    request: { messages: [{ role: 'user', content: 'Twelve bytes' }] },
    signal: new AbortController().signal,
    timeouts: { connect_ms: 5_000, first_token_ms: 10_000, total_ms: 20_000 },
    ...(streaming ? { onDelta: () => undefined } : {}),
  });
  await adapter.close();
  return outcome;
}

const openAiError = (error: object) => ({ error: { message: 'm', param: null, ...error } });
const anthropicError = (type: string, message: string) => ({ type: 'error', error: { type, message } });
const googleError = (code: number, message: string, details?: object[]) => ({
  error: { code, message, status: 'S', ...(details && { details }) },
});

describe('refusals that a status alone would misjudge', () => {
  it.each<[string, ProviderKind, number, object, object]>([
    [
      'OpenAI without quota',
      'openai',
      429,
      openAiError({ code: 'insufficient_quota' }),
      { code: 'billing', retryable: false },
    ],
    ['an overloaded OpenAI', 'openai', 503, openAiError({ type: 'server_error' }), { code: 'overloaded' }],
    [
      'Gemini without billing',
      'google',
      403,
      googleError(403, 'This API method requires billing to be enabled.'),
      { code: 'billing' },
    ],
    [
      'OpenAI by policy',
      'openai',
      400,
      openAiError({ code: 'content_policy_violation' }),
      { code: 'content_filter' },
    ],
    [
      'a field that is too long is no context overflow',
      'openai',
      400,
      openAiError({
        code: 'string_above_max_length',
        message: "Invalid 'user': string too long; exceeds maximum context length",
      }),
      { code: 'invalid_request' },
    ],
    ['OpenRouter’s numeric code', 'openrouter', 429, openAiError({ code: 429 }), { code: 'rate_limited' }],
    [
      'Mistral’s own shape',
      'mistral',
      400,
      { object: 'error', message: 'prompt is too long' },
      { code: 'context_window' },
    ],
    ['FastAPI’s own shape', 'vllm', 422, { detail: [{ msg: 'bad field' }] }, { code: 'invalid_request' }],
    [
      'Anthropic without credit',
      'anthropic',
      400,
      anthropicError('invalid_request_error', 'Your credit balance is too low to access the API.'),
      { code: 'billing', failover: true },
    ],
    [
      'a bad Gemini key',
      'google',
      400,
      googleError(400, 'API key not valid.', [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' },
      ]),
      { code: 'auth', failover: true },
    ],
    [
      'Gemini in the wrong country',
      'google',
      400,
      googleError(400, 'User location is not supported for the API use.'),
      { code: 'invalid_request', failover: true },
    ],
  ])('%s', async (_what, kind, status, body, error) => {
    expect(await outcomeOf(kind, { status, body })).toMatchObject({
      status: 'error',
      error: { status, ...error },
    });
  });

  it('keep the words of servers that have no error object', async () => {
    const outcome = await outcomeOf('vllm', { status: 422, body: { detail: [{ msg: 'bad field' }] } });
    expect(outcome).toMatchObject({ error: { message: expect.stringContaining('bad field') as unknown } });
  });
});

describe('how long to wait', () => {
  it('is taken from retry-after-ms before retry-after', async () => {
    const headers = { 'retry-after-ms': '1250', 'retry-after': '9' };
    const outcome = await outcomeOf('openai', { status: 429, headers, body: openAiError({}) });
    expect(outcome).toMatchObject({ error: { retry_after_ms: 1_250 } });
  });

  it('is taken from Gemini’s RetryInfo', async () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.074s' }];
    const outcome = await outcomeOf('google', {
      status: 429,
      body: googleError(429, 'Quota exceeded.', details),
    });
    expect(outcome).toMatchObject({ error: { code: 'rate_limited', retry_after_ms: 34_074 } });
    expect(outcome).toMatchObject({ error: { message: 'google answered 429: Quota exceeded.' } });
  });
});

describe('answers that differ from vendor to vendor', () => {
  it('OpenRouter: an error object inside a 200 is that error', async () => {
    const outcome = await outcomeOf('openrouter', {
      body: { error: { code: 502, message: 'upstream down' } },
    });
    expect(outcome).toMatchObject({ error: { code: 'server_error', status: 200, retryable: true } });
  });

  it('OpenRouter: a flagged prompt says nothing against the key', async () => {
    const outcome = await outcomeOf('openrouter', {
      status: 403,
      body: {
        error: { code: 403, message: 'flagged', metadata: { reasons: ['violence'], flagged_input: '…' } },
      },
    });
    expect(outcome).toMatchObject({ error: { code: 'content_filter', status: 403 } });
  });

  it.each([
    [{ cost: 0.25 }, 0.25],
    [{ cost: 0 }, 0],
    [{ cost: 0.01, is_byok: true, cost_details: { upstream_inference_cost: 0.2 } }, 0.21],
    [{ cost: '0.25' }, null],
    [{}, null],
  ])('OpenRouter: %j costs %s', async (told, costUsd) => {
    const outcome = await outcomeOf('openrouter', {
      body: {
        id: 'x',
        choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12, ...told },
      },
    });
    expect(outcome).toMatchObject({ status: 'ok', costUsd });
  });

  it('xAI: reasoning that is counted beside the completion is put inside', async () => {
    const outcome = await outcomeOf('xai', {
      body: {
        id: 'x',
        choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
        usage: {
          prompt_tokens: 10,
          completion_tokens: 2,
          total_tokens: 42,
          completion_tokens_details: { reasoning_tokens: 30 },
        },
      },
    });
    expect(outcome.usage).toMatchObject({ completion_tokens: 32, reasoning_tokens: 30, total_tokens: 42 });
  });

  it('Anthropic: cache tokens are part of the prompt', async () => {
    const usage = {
      input_tokens: 3,
      cache_creation_input_tokens: 50,
      cache_read_input_tokens: 100,
      output_tokens: 7,
    };
    const outcome = await outcomeOf('anthropic', {
      body: { id: 'x', content: [], stop_reason: 'end_turn', usage },
    });
    expect(outcome.usage).toEqual({
      prompt_tokens: 153,
      completion_tokens: 7,
      reasoning_tokens: 0,
      cache_read_tokens: 100,
      cache_write_tokens: 50,
      total_tokens: 160,
    });
  });

  it('Anthropic: usage of a stream is a running total that may leave fields out', async () => {
    const events = [
      {
        type: 'message_start',
        message: {
          id: 'x',
          model: 'm',
          usage: { input_tokens: 9, cache_read_input_tokens: 2, output_tokens: 1 },
        },
      },
      { type: 'message_delta', delta: {}, usage: { output_tokens: 20 } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 30 } },
      { type: 'message_stop' },
    ];
    const body = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
    const outcome = await outcomeOf('anthropic', { streaming: true, body });
    expect(outcome.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 30, total_tokens: 41 });
  });

  it('Anthropic: a stream that breaks tells what it had cost', async () => {
    const start = {
      type: 'message_start',
      message: { id: 'x', usage: { input_tokens: 9, output_tokens: 1 } },
    };
    const body = `event: message_start\ndata: ${JSON.stringify(start)}\n\n`;
    const outcome = await outcomeOf('anthropic', { streaming: true, body });
    expect(outcome).toMatchObject({ error: { code: 'truncated' }, usage: { prompt_tokens: 9 } });
  });

  it('Gemini: thoughts are part of the completion, and not of the text', async () => {
    const { wire } = CONFORMANCE_VENDORS.find((vendor) => vendor.kind === 'google')!;
    const outcome = await outcomeOf('google', { body: wire.plain('shown') });
    expect(outcome.usage).toMatchObject({ completion_tokens: 5, reasoning_tokens: 2, total_tokens: 17 });
  });

  it.each(['SAFETY', 'RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'IMAGE_SAFETY'])(
    'Gemini: finishReason %s is content_filter, by name',
    async (finishReason) => {
      const outcome = await outcomeOf('google', { body: { candidates: [{ finishReason }] } });
      expect(outcome).toMatchObject({
        error: { code: 'content_filter', message: expect.stringContaining(finishReason) as unknown },
      });
    },
  );

  it('Gemini: a malformed function call is malformed_response', async () => {
    const outcome = await outcomeOf('google', {
      body: { candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL' }] },
    });
    expect(outcome).toMatchObject({ error: { code: 'malformed_response' } });
  });

  it('OpenAI: a stream that ends after finish_reason and before its usage is whole, its usage estimated', async () => {
    const chunk = { id: 'x', choices: [{ index: 0, delta: { content: 'eight by' }, finish_reason: 'stop' }] };
    const outcome = await outcomeOf('openai', {
      streaming: true,
      body: `data: ${JSON.stringify(chunk)}\n\n`,
    });
    expect(outcome).toMatchObject({
      status: 'ok',
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
      warnings: [{ code: 'usage_estimated' }],
    });
  });
});

describe('the decisions of error codes', () => {
  it('are listed in docs/providers.md, each as it is', async () => {
    const text = await readFile(new URL('../../docs/providers.md', import.meta.url), 'utf8');
    const rows = [...text.matchAll(/^\| `(\w+)` +\| (yes|no) +\| (yes|no) +\|/gm)].map(
      ([, code, retryable, failover]) => [
        code,
        { retryable: retryable === 'yes', failover: failover === 'yes' },
      ],
    );
    expect(Object.fromEntries(rows)).toEqual(ERROR_DECISIONS);
    expect(Object.keys(ERROR_DECISIONS)).toEqual([...ATTEMPT_ERROR_CODES]);
  });

  it('need an address for a kind that has none of its own', () => {
    expect(() => createProviderAdapter({ kind: 'openai-compatible' })).toThrow(/base_url/);
  });
});
