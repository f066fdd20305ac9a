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

const GEMINI_2 = { model: 'gemini-2.0-flash' };
const GEMINI_3 = { model: 'gemini-3-flash-preview' };
const send = (fields: Partial<ChatRequest>, scene?: GoogleScene) =>
  sendToGoogle(
    server,
    chatRequestSchema.parse({ messages: [{ role: 'user', content: 'U' }], ...fields }),
    scene,
  );

const weather = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'Tells it.',
    parameters: {
      type: 'object',
      properties: { city: { $ref: '#/$defs/city' }, unit: { enum: ['c', 'f'] } },
      required: ['city'],
      additionalProperties: false,
      $defs: { city: { type: ['string', 'null'] } },
    },
  },
} as const;
const clock = { type: 'function', function: { name: 'clock' } } as const;
describe('tools', () => {
  it('are one list of declarations, in JSON Schema for models since 2.5', async () => {
    const { sent, warned } = await send({ tools: [weather, clock] });
    expect(sent?.['tools']).toEqual([
      {
        functionDeclarations: [
          {
            name: 'weather',
            description: 'Tells it.',
            parametersJsonSchema: {
              type: 'object',
              properties: { city: { type: ['string', 'null'] }, unit: { type: 'string', enum: ['c', 'f'] } },
              required: ['city'],
              additionalProperties: false,
            },
          },
          { name: 'clock' },
        ],
      },
    ]);
    expect(warned).toEqual([]);
  });

  it('are in OpenAPI’s schema for models before', async () => {
    const { sent } = await send({ tools: [weather] }, GEMINI_2);
    expect(sent).toMatchObject({
      tools: [
        {
          functionDeclarations: [
            {
              parameters: {
                type: 'OBJECT',
                properties: {
                  city: { type: 'STRING', nullable: true },
                  unit: { type: 'STRING', format: 'enum', enum: ['c', 'f'] },
                },
                required: ['city'],
              },
            },
          ],
        },
      ],
    });
    expect(JSON.stringify(sent)).not.toMatch(/\$defs|\$ref|additionalProperties|parametersJsonSchema/);
  });

  it('whose schema loses something say what', async () => {
    const parameters = { type: 'object', properties: { a: { type: 'string', pattern: '^a' } } };
    const { outcome } = await send({ tools: [{ type: 'function', function: { name: 'f', parameters } }] });
    expect(outcome.warnings).toEqual([
      {
        code: 'parameter_changed',
        param: 'tools.f.parameters',
        message: 'tools.f.parameters was changed: Gemini knows no pattern in a JSON Schema.',
      },
    ]);
  });

  it('whose schema recurses are refused before anything is sent', async () => {
    const parameters = { type: 'object', properties: { next: { $ref: '#' } } };
    const { outcome, sent } = await send({
      tools: [{ type: 'function', function: { name: 'f', parameters } }],
    });
    expect(outcome).toMatchObject({
      error: {
        code: 'invalid_request',
        status: null,
        failover: true,
        message: expect.stringMatching(/no recursive JSON Schema: "#" contains itself/) as unknown,
      },
    });
    expect(sent).toBeNull();
  });

  it.each<[ChatRequest['tool_choice'], object | undefined]>([
    [undefined, undefined],
    ['auto', { mode: 'AUTO' }],
    ['required', { mode: 'ANY' }],
    ['none', { mode: 'NONE' }],
    [
      { type: 'function', function: { name: 'clock' } },
      { mode: 'ANY', allowedFunctionNames: ['clock'] },
    ],
  ])('with tool_choice %j', async (choice, config) => {
    const { sent } = await send({ tools: [weather, clock], ...(choice ? { tool_choice: choice } : {}) });
    expect(sent?.['toolConfig']).toEqual(config && { functionCallingConfig: config });
  });

  it('that are strict hold the arguments to their schema', async () => {
    const strict = { ...weather, function: { ...weather.function, strict: true } };
    const { sent } = await send({ tools: [strict] });
    expect(sent?.['toolConfig']).toEqual({ functionCallingConfig: { mode: 'VALIDATED' } });
    expect((await send({ tools: [strict] }, GEMINI_2)).warned).toEqual(['parameter_changed tools.strict']);
  });

  it('may always be called in parallel, which is said', async () => {
    const { warned } = await send({ tools: [clock], parallel_tool_calls: false });
    expect(warned).toEqual(['parameter_dropped parallel_tool_calls']);
  });

  it('of the vendor’s own stand beside them', async () => {
    const { sent } = await send({
      tools: [clock],
      provider_options: { google: { tools: [{ googleSearch: {} }] } },
    });
    expect(sent?.['tools']).toEqual([{ functionDeclarations: [{ name: 'clock' }] }, { googleSearch: {} }]);
  });
});

describe('the format of the answer', () => {
  const schema = { type: 'object', properties: { a: { type: ['integer', 'null'] } }, required: ['a'] };
  const jsonSchema = {
    response_format: { type: 'json_schema', json_schema: { name: 's', schema } },
  } as const;

  it('is JSON', async () => {
    const { sent } = await send({ response_format: { type: 'json_object' } });
    expect(sent?.generationConfig).toEqual({ responseMimeType: 'application/json' });
  });

  it('is a JSON Schema for models since 2.5, OpenAPI’s before', async () => {
    expect((await send(jsonSchema)).sent?.generationConfig).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: schema,
    });
    expect((await send(jsonSchema, GEMINI_2)).sent?.generationConfig).toEqual({
      responseMimeType: 'application/json',
      responseSchema: {
        type: 'OBJECT',
        properties: { a: { type: 'INTEGER', nullable: true } },
        required: ['a'],
      },
    });
  });

  it('is asked for in words beside tools, where the model does not take both', async () => {
    const { sent, warned } = await send({ ...jsonSchema, tools: [clock] });
    expect(JSON.stringify(sent?.['systemInstruction'])).toContain(
      JSON.stringify(JSON.stringify(schema)).slice(1, -1),
    );
    expect(sent?.generationConfig).toEqual({});
    expect(warned).toEqual(['parameter_changed response_format']);
    expect((await send({ ...jsonSchema, tools: [clock] }, GEMINI_3)).sent?.generationConfig).toHaveProperty(
      'responseJsonSchema',
    );
  });
});

describe('reasoning_effort', () => {
  it.each([
    ['gemini-2.5-flash', 'none', { thinkingBudget: 0, includeThoughts: false }, []],
    ['gemini-2.5-flash', 'low', { thinkingBudget: 1_024, includeThoughts: true }, []],
    ['gemini-2.5-flash', 'high', { thinkingBudget: 24_576, includeThoughts: true }, []],
    [
      'gemini-2.5-flash',
      'xhigh',
      { thinkingBudget: 24_576, includeThoughts: true },
      ['parameter_changed reasoning_effort'],
    ],
    [
      'gemini-2.5-pro',
      'none',
      { thinkingBudget: 128, includeThoughts: false },
      ['parameter_changed reasoning_effort'],
    ],
    ['gemini-2.5-pro', 'xhigh', { thinkingBudget: 32_768, includeThoughts: true }, []],
    ['gemini-3-flash-preview', 'minimal', { thinkingLevel: 'minimal', includeThoughts: true }, []],
    [
      'gemini-3-flash-preview',
      'none',
      { thinkingLevel: 'minimal', includeThoughts: false },
      ['parameter_changed reasoning_effort'],
    ],
    [
      'gemini-3-pro-preview',
      'medium',
      { thinkingLevel: 'high', includeThoughts: true },
      ['parameter_changed reasoning_effort'],
    ],
    ['gemini-3-pro-preview', 'low', { thinkingLevel: 'low', includeThoughts: true }, []],
    ['gemini-3.1-pro-preview', 'medium', { thinkingLevel: 'medium', includeThoughts: true }, []],
    [
      'gemini-3.1-pro-preview',
      'minimal',
      { thinkingLevel: 'low', includeThoughts: true },
      ['parameter_changed reasoning_effort'],
    ],
    ['gemini-2.0-flash', 'high', undefined, ['parameter_dropped reasoning_effort']],
  ] as const)('%s %s', async (model, effort, thinkingConfig, warnings) => {
    const { sent, warned } = await send({ reasoning_effort: effort }, { model });
    expect(sent?.generationConfig['thinkingConfig']).toEqual(thinkingConfig);
    expect(warned).toEqual(warnings);
  });
});

describe('other parameters', () => {
  it('go to their places', async () => {
    const fields = {
      n: 3,
      top_k: 7,
      logprobs: true,
      top_logprobs: 4,
      seed: -5,
      service_tier: 'flex',
    } as const;
    const { sent, warned } = await send(fields);
    expect(sent).toMatchObject({
      serviceTier: 'flex',
      generationConfig: { candidateCount: 3, topK: 7, responseLogprobs: true, logprobs: 4, seed: -5 },
    });
    expect(warned).toEqual([]);
  });

  it('that Gemini lacks are named', async () => {
    const { warned } = await send({
      user: 'u',
      safety_identifier: 's',
      prompt_cache_key: 'k',
      logit_bias: { 1: 2 },
      verbosity: 'low',
      metadata: { a: 'b' },
      messages: [
        {
          role: 'user',
          content: [{ type: 'text', text: 'U', cache_control: { type: 'ephemeral' } }],
        },
      ],
    });
    expect(warned).toEqual(
      [
        'user',
        'safety_identifier',
        'prompt_cache_key',
        'logit_bias',
        'verbosity',
        'metadata',
        'cache_control',
      ].map((param) => `parameter_dropped ${param}`),
    );
  });

  it.each([
    [
      'as the vendor writes them',
      { safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }] },
    ],
    ['in snake case', { safety_settings: [{ category: 'harassment', threshold: 'block_none' }] }],
    ['in short', { safety_settings: { harassment: 'none' } }],
  ])('safety settings %s', async (_how, google) => {
    const { sent } = await send({ provider_options: { google } });
    expect(sent?.['safetySettings']).toEqual([
      { category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' },
    ]);
  });

  it('of the vendor’s own may be in snake case, and win', async () => {
    const { sent } = await send({
      temperature: 1,
      provider_options: {
        google: {
          generation_config: { temperature: 0.5, thinking_config: { thinking_budget: 7 } },
          cached_content: 'c',
        },
      },
    });
    expect(sent).toMatchObject({
      cachedContent: 'c',
      generationConfig: { temperature: 0.5, thinkingConfig: { thinkingBudget: 7 } },
    });
  });
});
