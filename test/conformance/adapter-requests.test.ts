import type { ChatRequest, ModelEntry, ProviderKind } from '@sluice/contracts';
import { createProviderAdapter, type ProviderOutcome } from '@sluice/providers';
import * as fc from 'fast-check';
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

const wireOf = (kind: ProviderKind) => CONFORMANCE_VENDORS.find((vendor) => vendor.kind === kind)!.wire;

interface Sent {
  body: string;
  outcome: ProviderOutcome;
}

/** Sends one request by a fresh adapter and answers what reached the vendor. */
async function send(
  kind: ProviderKind,
  request: ChatRequest,
  { entry = {}, streaming = false }: { entry?: ModelEntry; streaming?: boolean } = {},
): Promise<Sent> {
  const wire = wireOf(kind);
  server.answer((response) => {
    if (streaming)
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(wire.stream(['ok']).join(''));
    else response.writeHead(200, { 'content-type': 'application/json' }).end(wire.plain('ok'));
  });
  const before = server.requests.length;
  const adapter = createProviderAdapter({ kind, apiKey: 'sk-test', baseUrl: wire.baseUrl(server.origin) });
  const outcome = await adapter.call({
    model: 'm',
    entry,
    request,
    signal: new AbortController().signal,
    timeouts: { connect_ms: 5_000, first_token_ms: 10_000, total_ms: 20_000 },
    ...(streaming ? { onDelta: () => undefined } : {}),
  });
  await adapter.close();
  return { body: server.requests[before]?.body ?? 'nothing was sent', outcome };
}
const warned = ({ outcome }: Sent) => outcome.warnings.map(({ code, param }) => `${code} ${param}`);

const RICH: ChatRequest = deepFreeze({
  messages: [
    { role: 'system', content: 'S1' },
    { role: 'user', content: 'U1', name: 'ann' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'U2' },
        { type: 'text', text: '' },
      ],
    },
    { role: 'developer', content: [{ type: 'text', text: 'D1' }] },
    { role: 'assistant', content: 'A1  \n' },
  ],
  max_tokens: 50,
  max_completion_tokens: 100,
  temperature: 1.7,
  top_p: 0.9,
  stop: 'END',
  seed: 7,
  frequency_penalty: 0.1,
  presence_penalty: 0.2,
  user: 'user-1',
  n: 1,
  stream: true,
  provider_options: {
    openai: { service_tier: 'flex', model: 'other' },
    anthropic: { top_k: 5, metadata: { extra: 1 } },
    google: { generationConfig: { topK: 5 }, safetySettings: [{ category: 'C', threshold: 'T' }] },
    'openai-compatible': { top_k: 1, min_p: 0.1 },
    vllm: { top_k: 2 },
  },
});

const compatibleMessages = [
  { role: 'system', content: 'S1' },
  { role: 'user', content: 'U1', name: 'ann' },
  { role: 'user', content: 'U2' },
  { role: 'system', content: 'D1' },
  { role: 'assistant', content: 'A1  \n' },
];
const compatible = (rest: object) => ({ model: 'm', messages: compatibleMessages, ...rest });
const sampling = {
  temperature: 1.7,
  top_p: 0.9,
  frequency_penalty: 0.1,
  presence_penalty: 0.2,
  stop: ['END'],
};
const { frequency_penalty: _, ...samplingOfQwen } = sampling;
const generic = { top_k: 1, min_p: 0.1 };

const EXPECTED: Readonly<Record<ProviderKind, { body: object; warnings: string[] }>> = {
  openai: {
    body: {
      model: 'm',
      messages: RICH.messages,
      max_completion_tokens: 100,
      ...sampling,
      seed: 7,
      user: 'user-1',
      service_tier: 'flex',
    },
    warnings: ['parameter_dropped max_tokens', 'parameter_dropped provider_options.openai.model'],
  },
  anthropic: {
    body: {
      model: 'm',
      max_tokens: 100,
      system: [
        { type: 'text', text: 'S1' },
        { type: 'text', text: 'D1' },
      ],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'U1' },
            { type: 'text', text: 'U2' },
          ],
        },
        { role: 'assistant', content: [{ type: 'text', text: 'A1' }] },
      ],
      temperature: 1,
      stop_sequences: ['END'],
      metadata: { user_id: 'user-1', extra: 1 },
      top_k: 5,
    },
    warnings: [
      'parameter_dropped messages.name',
      'parameter_dropped max_tokens',
      'parameter_changed temperature',
      'parameter_dropped top_p',
      'parameter_dropped seed',
      'parameter_dropped frequency_penalty',
      'parameter_dropped presence_penalty',
    ],
  },
  google: {
    body: {
      generationConfig: {
        maxOutputTokens: 100,
        temperature: 1.7,
        topP: 0.9,
        presencePenalty: 0.2,
        frequencyPenalty: 0.1,
        stopSequences: ['END'],
        seed: 7,
        topK: 5,
      },
      safetySettings: [{ category: 'C', threshold: 'T' }],
      systemInstruction: { role: 'system', parts: [{ text: 'S1' }, { text: 'D1' }] },
      contents: [
        { role: 'user', parts: [{ text: 'U1' }, { text: 'U2' }] },
        { role: 'model', parts: [{ text: 'A1  \n' }] },
      ],
    },
    warnings: ['parameter_dropped messages.name', 'parameter_dropped max_tokens', 'parameter_dropped user'],
  },
  'openai-compatible': {
    body: compatible({ max_tokens: 100, ...sampling, seed: 7, user: 'user-1', ...generic }),
    warnings: ['parameter_dropped max_tokens'],
  },
  openrouter: {
    body: compatible({ max_tokens: 100, ...sampling, seed: 7, user: 'user-1', ...generic }),
    warnings: ['parameter_dropped max_tokens'],
  },
  deepseek: {
    body: compatible({ max_tokens: 100, ...sampling, ...generic }),
    warnings: ['parameter_dropped max_tokens', 'parameter_dropped seed', 'parameter_dropped user'],
  },
  mistral: {
    body: compatible({ max_tokens: 100, ...sampling, temperature: 1.5, random_seed: 7, ...generic }),
    warnings: ['parameter_dropped max_tokens', 'parameter_changed temperature', 'parameter_dropped user'],
  },
  qwen: {
    body: compatible({ max_tokens: 100, ...samplingOfQwen, seed: 7, ...generic }),
    warnings: [
      'parameter_dropped max_tokens',
      'parameter_dropped frequency_penalty',
      'parameter_dropped user',
    ],
  },
  xai: {
    body: compatible({ max_completion_tokens: 100, ...sampling, seed: 7, user: 'user-1', ...generic }),
    warnings: ['parameter_dropped max_tokens'],
  },
  vllm: {
    body: compatible({ max_tokens: 100, ...sampling, seed: 7, user: 'user-1', top_k: 2, min_p: 0.1 }),
    warnings: ['parameter_dropped max_tokens'],
  },
  ollama: {
    body: compatible({ max_tokens: 100, ...sampling, seed: 7, ...generic }),
    warnings: ['parameter_dropped max_tokens', 'parameter_dropped user'],
  },
};

describe.each(CONFORMANCE_VENDORS)('what $kind is sent', ({ kind, limitField }) => {
  it('is exactly this for a request with every field, with a warning for each that it can not take', async () => {
    const sent = await send(kind, RICH);
    expect(sent.body).toBe(JSON.stringify(EXPECTED[kind].body));
    expect(warned(sent)).toEqual(EXPECTED[kind].warnings);
  });

  it('asks for a stream, and for its usage where that has to be asked for', async () => {
    const { body } = await send(kind, { messages: [{ role: 'user', content: 'U' }] }, { streaming: true });
    const asks = { stream: true, stream_options: { include_usage: true } };
    const expected =
      kind === 'google' ? {} : kind === 'anthropic' || kind === 'mistral' ? { stream: true } : asks;
    const { stream, stream_options } = JSON.parse(body) as Record<string, unknown>;
    expect({
      ...(stream !== undefined && { stream }),
      ...(stream_options !== undefined && { stream_options }),
    }).toEqual(expected);
  });

  it('has no limit that the caller did not set, but where one is required', async () => {
    const sent = await send(
      kind,
      { messages: [{ role: 'user', content: 'U' }] },
      { entry: { max_output_tokens: 777 } },
    );
    const limit = (JSON.parse(sent.body) as Record<string, unknown>)[limitField ?? 'max_tokens'];
    expect(limit).toBe(kind === 'anthropic' ? 777 : undefined);
    expect(sent.outcome.warnings).toEqual([]);
  });
});

describe('limits of models and vendors', () => {
  const ask = (fields: Partial<ChatRequest>): ChatRequest => ({
    messages: [{ role: 'user', content: 'U' }],
    ...fields,
  });

  it.each([
    ['openai', 'max_completion_tokens'],
    ['anthropic', 'max_tokens'],
    ['google', 'maxOutputTokens'],
  ] as const)('%s: a token limit above the model’s is lowered to it', async (kind, field) => {
    const sent = await send(kind, ask({ max_tokens: 9_000 }), { entry: { max_output_tokens: 8_192 } });
    expect(sent.body).toContain(`"${field}":8192`);
    expect(warned(sent)).toEqual(['parameter_changed max_tokens']);
  });

  it.each([
    ['openai', 4],
    ['google', 5],
    ['deepseek', 16],
  ] as const)('%s takes %i stop sequences, the rest is dropped', async (kind, count) => {
    const stop = Array.from({ length: count + 2 }, (_, index) => `stop${index}`);
    const sent = await send(kind, ask({ stop }));
    expect(sent.body).toContain(`"stop${count - 1}"]`);
    expect(warned(sent)).toEqual(['parameter_dropped stop']);
  });

  it.each(['openai', 'anthropic', 'google'] as const)(
    '%s: a model that rejects sampling parameters is sent none',
    async (kind) => {
      const sent = await send(kind, ask({ temperature: 0.2, top_p: 0.5 }), {
        entry: { rejects: ['sampling_params'] },
      });
      expect(sent.body).not.toMatch(/temperature|top_?p/i);
      expect(warned(sent)).toEqual(['parameter_dropped temperature', 'parameter_dropped top_p']);
    },
  );

  it('Anthropic: top_p alone is sent', async () => {
    expect((await send('anthropic', ask({ top_p: 0.5 }))).body).toContain('"top_p":0.5');
  });

  it('Anthropic: an e-mail address is no user id', async () => {
    const sent = await send('anthropic', ask({ user: 'ann@example.com' }));
    expect(sent.body).not.toContain('example.com');
    expect(warned(sent)).toEqual(['parameter_dropped user']);
  });

  it('Anthropic: stop sequences of white space are dropped', async () => {
    const sent = await send('anthropic', ask({ stop: ['\n\n', 'END'] }));
    expect(sent.body).toContain('"stop_sequences":["END"]');
    expect(warned(sent)).toEqual(['parameter_dropped stop']);
  });

  it('Anthropic: a model that rejects prefill is not sent the last assistant turn', async () => {
    const request: ChatRequest = {
      messages: [
        { role: 'user', content: 'U' },
        { role: 'assistant', content: '{' },
      ],
    };
    const sent = await send('anthropic', request, { entry: { rejects: ['assistant_prefill'] } });
    expect(JSON.parse(sent.body)).toMatchObject({ messages: [{ role: 'user' }] });
    expect(warned(sent)).toEqual(['parameter_dropped messages']);
  });

  it.each(['anthropic', 'google'] as const)('%s: instructions alone become a user turn', async (kind) => {
    const sent = await send(kind, { messages: [{ role: 'system', content: 'S' }] });
    expect(sent.body).toMatch(/"role":"user","(content|parts)":\[\{("type":"text",)?"text":"S"\}\]/);
    expect(warned(sent)).toEqual(['parameter_changed messages']);
  });

  it('Google: a seed of more than 32 bits is dropped', async () => {
    expect(warned(await send('google', ask({ seed: 2 ** 40 })))).toEqual(['parameter_dropped seed']);
  });

  it('Google: a model name can not lead to another method', async () => {
    const adapter = createProviderAdapter({ kind: 'google', apiKey: 'k', baseUrl: server.origin });
    const before = server.requests.length;
    const outcome = await adapter.call({
      model: '../../v1/files?x=',
      entry: {},
      request: ask({}),
      signal: new AbortController().signal,
      timeouts: { connect_ms: 1_000, first_token_ms: 1_000, total_ms: 1_000 },
    });
    await adapter.close();
    expect(outcome).toMatchObject({ status: 'error', error: { code: 'invalid_request', failover: true } });
    expect(server.requests).toHaveLength(before);
  });
});

const text = fc.string({ maxLength: 30, unit: 'grapheme' });
const content = fc.oneof(
  text,
  fc.array(fc.record({ type: fc.constant('text' as const), text }), { minLength: 1, maxLength: 3 }),
);
const callOf = (id: string) => ({
  id,
  type: 'function' as const,
  function: { name: 'f', arguments: '{"a":[1,{"b":null}]}' },
});
/** A tool loop with thoughts, as one or another vendor left it. */
const loop = fc
  .record({
    id: fc.stringMatching(/^[A-Za-z0-9._:-]{1,50}$/),
    format: fc.constantFrom('anthropic-claude-v1', 'google-gemini-v1', 'other'),
    result: text,
  })
  .map(({ id, format, result }) => [
    {
      role: 'assistant' as const,
      content: null,
      reasoning: 'Hm.',
      reasoning_details: [{ type: 'reasoning.text' as const, format, text: 'Hm.', signature: 's' }],
      tool_calls: [callOf(id)],
    },
    { role: 'tool' as const, tool_call_id: id, content: result },
  ]);
const schema = fc.constantFrom(
  { type: 'object', properties: { a: { $ref: '#/$defs/a' } }, $defs: { a: { const: 1 } } },
  { type: 'object', properties: { a: { type: ['string', 'null'], enum: ['x', null] } }, required: ['a'] },
  { type: 'object', additionalProperties: { type: 'number', minimum: 1 } },
);
const optional = { requiredKeys: ['messages'] as ['messages'] };
const requests = fc.record(
  {
    messages: fc
      .array(
        fc.oneof(
          fc
            .record({ role: fc.constantFrom('system', 'developer', 'user', 'assistant'), content })
            .map((message) => [message]),
          loop,
        ),
        { minLength: 1, maxLength: 6 },
      )
      .map((turns) => turns.flat()),
    tools: fc.array(schema, { minLength: 1, maxLength: 2 }).map((all) =>
      all.map((parameters, at) => ({
        type: 'function' as const,
        function: { name: at === 0 ? 'f' : 'g', parameters, strict: at === 1 },
      })),
    ),
    response_format: schema.map((one) => ({
      type: 'json_schema' as const,
      json_schema: { name: 'answer', schema: one },
    })),
    reasoning_effort: fc.constantFrom('none', 'low', 'high'),
    max_tokens: fc.integer({ min: 1, max: 200_000 }),
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    top_p: fc.double({ min: 0, max: 1, noNaN: true }),
    stop: fc.oneof(
      fc.string({ minLength: 1 }),
      fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 16 }),
    ),
    seed: fc.integer(),
    user: text,
    provider_options: fc.dictionary(
      fc.constantFrom('openai', 'anthropic', 'google', 'mistral'),
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
      { maxKeys: 3 },
    ),
  },
  optional,
) as unknown as fc.Arbitrary<ChatRequest>;

describe('the canonical request', () => {
  it('is the same for every target of a chain: no adapter changes it', async () => {
    const kinds: ProviderKind[] = ['anthropic', 'google', 'mistral', 'openai'];
    await fc.assert(
      fc.asyncProperty(requests, fc.shuffledSubarray(kinds, { minLength: 2 }), async (request, chain) => {
        const before = JSON.stringify(request);
        deepFreeze(request);
        const last = chain.at(-1)!;
        const alone = await send(last, JSON.parse(before) as ChatRequest);
        const results: Sent[] = [];
        for (const kind of chain) results.push(await send(kind, request));
        expect(JSON.stringify(request)).toBe(before);
        expect(results.at(-1)?.body).toBe(alone.body);
        for (const { outcome } of results) expect(outcome.status).toBe('ok');
      }),
      { numRuns: 60 },
    );
  });
});
