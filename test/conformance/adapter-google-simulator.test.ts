import { chatRequestSchema, type ChatDelta, type ChatRequest } from '@sluice/contracts';
import { createProviderAdapter, type ProviderAdapter } from '@sluice/providers';
import { startSimulator, type Simulator } from '@sluice/simulator';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deepFreeze } from '../support/deep-freeze.ts';

let simulator: Simulator;
let adapter: ProviderAdapter;
beforeAll(async () => {
  simulator = await startSimulator({ config: { latency: { p50_ms: 0, tokens_per_second: 0 } } });
  adapter = createProviderAdapter({ kind: 'google', apiKey: 'key', baseUrl: simulator.urlFor('google') });
});
afterAll(async () => {
  await adapter.close();
  await simulator.close();
});

async function ask(fields: Partial<ChatRequest>, model = 'gemini-2.5-flash', deltas?: ChatDelta[]) {
  const request = { messages: [{ role: 'user', content: 'U' }], ...fields };
  return adapter.call({
    model,
    entry: {},
    request: deepFreeze(chatRequestSchema.parse(request)),
    signal: new AbortController().signal,
    timeouts: { connect_ms: 5_000, first_token_ms: 10_000, total_ms: 20_000 },
    ...(deltas ? { onDelta: (delta: ChatDelta) => deltas.push(delta) } : {}),
  });
}
/** The answer, or the reason why there is none. */
async function answer(...call: Parameters<typeof ask>) {
  const outcome = await ask(...call);
  if (outcome.status === 'error') throw new Error(outcome.error.message);
  return outcome.completion;
}

const PNG = `data:image/png;base64,${Buffer.from(
  '89504e470d0a1a0a0000000d4948445200000001000000010806000000',
  'hex',
).toString('base64')}`;
const tools: ChatRequest['tools'] = ['weather', 'clock'].map((name) => ({
  type: 'function',
  function: {
    name,
    strict: true,
    parameters: {
      type: 'object',
      properties: { city: { type: ['string', 'null'], const: 'Rom' }, days: { enum: [1, 2] } },
      required: ['city', 'gone'],
      additionalProperties: false,
    },
  },
}));
const MODELS = [
  'gemini-2.0-flash',
  'gemini-2.5-flash',
  'gemini-2.5-pro',
  'gemini-3-flash-preview',
  'gemini-3.5-flash',
];

describe.each(MODELS)('a server as strict as Gemini takes what is sent to %s', (model) => {
  it('with every parameter', async () => {
    const request: Partial<ChatRequest> = {
      messages: [
        { role: 'system', content: 'S' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image_url', image_url: { url: PNG } },
          ],
        },
      ],
      max_tokens: 50,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 4,
      stop: ['A', 'B', 'C', 'D', 'E', 'F'],
      seed: 2 ** 40,
      n: 2,
      reasoning_effort: 'xhigh',
      response_format: { type: 'json_object' },
      provider_options: { google: { safety_settings: { harassment: 'none' } } },
    };
    expect((await answer(request, model)).choices).toHaveLength(2);
  });

  it('with a structured answer', async () => {
    const schema = {
      type: 'object',
      properties: { city: { $ref: '#/$defs/city' }, when: { type: 'string', format: 'date-time' } },
      required: ['city'],
      additionalProperties: false,
      $defs: { city: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
    };
    const format = { type: 'json_schema', json_schema: { name: 's', schema, strict: true } } as const;
    const { choices } = await answer({ response_format: format }, model);
    expect(JSON.parse(choices[0]?.message.content ?? '')).toHaveProperty('city');
  });

  it('in a conversation with tools, whose calls come back as they were given, streamed or not', async () => {
    const messages: ChatRequest['messages'][number][] = [
      { role: 'user', content: 'Weather and time in Rom?' },
    ];
    for (const isStream of [false, true, false]) {
      const deltas: ChatDelta[] = [];
      const request = { messages: [...messages], tools, tool_choice: 'required' } as const;
      const completion = await answer(request, model, isStream ? deltas : undefined);
      const message = completion.choices[0]!.message;
      expect(completion.choices[0]?.finish_reason).toBe('tool_calls');
      expect(message.tool_calls?.length).toBeGreaterThan(0);
      const { annotations: _, ...said } = message;
      messages.push(said as ChatRequest['messages'][number]);
      for (const call of message.tool_calls ?? [])
        messages.push({ role: 'tool', tool_call_id: call.id, content: '{"ok":true}' });
    }
    expect((await answer({ messages, tools }, model)).choices).toHaveLength(1);
  });

  it('in a conversation that other vendors began', async () => {
    const messages: ChatRequest['messages'] = [
      { role: 'user', content: 'U' },
      {
        role: 'assistant',
        content: null,
        reasoning_details: [
          { type: 'reasoning.text', format: 'anthropic-claude-v1', text: 'T', signature: 'S' },
        ],
        tool_calls: [
          { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city":"Rom"}' } },
          { id: 'toolu_b', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'toolu_b', content: 'rain' },
      { role: 'tool', tool_call_id: 'call_a', content: 'sun' },
    ];
    expect((await answer({ messages, tools }, model)).choices).toHaveLength(1);
  });
});

describe('any schema of a tool', () => {
  const leaf = fc.record(
    {
      type: fc.constantFrom(
        'string',
        'number',
        'integer',
        'boolean',
        'array',
        'object',
        ['string', 'null'],
        ['integer', 'string'],
      ),
      enum: fc.array(fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)), {
        minLength: 1,
        maxLength: 3,
      }),
      const: fc.oneof(fc.string(), fc.integer()),
      format: fc.constantFrom('email', 'date-time', 'int32'),
      minimum: fc.integer({ min: 0, max: 9 }),
      pattern: fc.constant('^a'),
      nullable: fc.boolean(),
    },
    { requiredKeys: [] },
  );
  const { schema } = fc.letrec<{ schema: Record<string, unknown> }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 3 },
      leaf as fc.Arbitrary<Record<string, unknown>>,
      fc.record({
        type: fc.constant('object'),
        properties: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('schema'), { maxKeys: 3 }),
        required: fc.constant(['a']),
      }),
      fc.record({ type: fc.constant('array'), items: tie('schema') }),
      fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    ),
  }));

  it.each(['gemini-2.0-flash', 'gemini-2.5-flash'])(
    'is sent to %s in a form that it takes',
    async (model) => {
      await fc.assert(
        fc.asyncProperty(schema, async (inner) => {
          const parameters = { type: 'object', properties: { inner } };
          const outcome = await ask(
            { tools: [{ type: 'function', function: { name: 'f', parameters } }] },
            model,
          );
          expect(outcome).toMatchObject({ status: 'ok' });
        }),
        { numRuns: 100 },
      );
    },
  );
});
