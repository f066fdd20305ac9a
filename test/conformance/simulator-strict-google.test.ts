import { afterAll, beforeAll, expect, test } from 'vitest';
import { simulatedVendors, type SimulatedVendors } from '../support/simulated-vendors.ts';

const USER = { role: 'user', parts: [{ text: 'Hello' }] };
const CALL = { role: 'model', parts: [{ functionCall: { name: 'ping', args: {} } }] };
const RESULT = { role: 'user', parts: [{ functionResponse: { name: 'ping', response: { ok: true } } }] };
const OBJECT = { type: 'OBJECT', properties: { a: { type: 'STRING' } } };

const declared = (fields: object): object => ({
  tools: [{ functionDeclarations: [{ name: 'ping', ...fields }] }],
});
const parameters = (a: object): object => declared({ parameters: { ...OBJECT, properties: { a } } });
const config = (generationConfig: object): object => ({ generationConfig });
const said = (part: object): object => ({ contents: [{ role: 'user', parts: [part] }] });

let vendors: SimulatedVendors;
beforeAll(async () => {
  vendors = await simulatedVendors();
});
afterAll(() => vendors.close());

const refused: [object, string][] = [
  [{ contents: [CALL, RESULT] }, 'function call turn comes immediately after a user turn'],
  [{ contents: [USER, RESULT] }, 'function response turn comes immediately after a function call turn'],
  [
    { contents: [USER, CALL, { role: 'user', parts: [...RESULT.parts, ...RESULT.parts] }] },
    'the number of function response parts is equal to the number of function call parts',
  ],
  [{ contents: [USER, CALL, USER] }, 'the number of function response parts is equal'],
  [said({ functionCall: { name: 'ping' } }), 'function call turn contains the role: model'],
  [said({ text: 'x', inlineData: {} }), "oneof field 'data' is already set."],
  [said({ functionResponse: { name: '', response: {} } }), 'Name cannot be empty.'],
  [
    {
      contents: [
        USER,
        CALL,
        { role: 'user', parts: [{ functionResponse: { name: 'ping', response: 'pong' } }] },
      ],
    },
    '(type.googleapis.com/google.protobuf.Struct), "pong"',
  ],
  [said({ functionCall: { name: 'x', args: {}, index: 0 } }), 'Unknown name "index"'],
  [said({ image_url: 'x' }), 'Unknown name "image_url"'],
  [declared({ name: '1ping' }), 'Invalid function name. Must start with a letter or an underscore.'],
  [
    declared({ strict: true }),
    `Unknown name "strict" at 'tools[0].function_declarations[0]': Cannot find field.`,
  ],
  [
    declared({ parameters: { ...OBJECT, additionalProperties: false } }),
    'Unknown name "additionalProperties" at',
  ],
  [declared({ parameters: { ...OBJECT, $schema: 'x' } }), 'Unknown name "$schema" at'],
  [parameters({ $ref: '#/$defs/a' }), 'Unknown name "$ref" at'],
  [parameters({ const: 'x' }), 'Unknown name "const" at'],
  [parameters({ oneOf: [] }), 'Unknown name "oneOf" at'],
  [parameters({ type: ['string', 'null'] }), 'Proto field is not repeating, cannot start list'],
  [parameters({ type: 'INTEGER', enum: [1] }), '(TYPE_STRING), 1'],
  [parameters({ type: 'INTEGER', enum: ['1'] }), '.enum: only allowed for STRING type'],
  [parameters({ type: 'STRING', enum: [''] }), '.enum[0]: cannot be empty'],
  [
    parameters({ type: 'STRING', format: 'uuid' }),
    "only 'enum' and 'date-time' are supported for STRING type",
  ],
  [parameters({ type: 'ARRAY' }), '.items: missing field.'],
  [parameters({ type: 'OBJECT', properties: {} }), 'should be non-empty for OBJECT type'],
  [declared({ parameters: { ...OBJECT, required: ['b'] } }), '.required[0]: property is not defined'],
  [
    declared({ parameters: OBJECT, parametersJsonSchema: {} }),
    'only one of parameters and parameters_json_schema',
  ],
  [
    declared({ parametersJsonSchema: { type: 'object', properties: { a: { $ref: '#/no' } } } }),
    'undefined schema',
  ],
  [
    { tools: [{ functionDeclarations: [{ name: 'a' }, { name: 'a' }] }] },
    'Duplicate function declaration found: a',
  ],
  [{ toolConfig: { functionCallingConfig: { mode: 'AUTO' } } }, 'is set without function_declarations.'],
  [
    {
      ...declared({}),
      toolConfig: { functionCallingConfig: { mode: 'AUTO', allowedFunctionNames: ['ping'] } },
    },
    'only be set when the function calling mode is ANY',
  ],
  [
    { ...declared({}), toolConfig: { functionCallingConfig: { mode: 'REQUIRED' } } },
    'FunctionCallingConfig.Mode',
  ],
  [config({ responseSchema: OBJECT }), 'only allowed for `application/json`'],
  [
    config({
      responseMimeType: 'application/json',
      responseSchema: { ...OBJECT, additionalProperties: false },
    }),
    `Unknown name "additionalProperties" at 'generation_config.response_schema'`,
  ],
  [config({ responseMimeType: 'application/pdf' }), 'allowed mimetypes are'],
  [config({ candidateCount: 9 }), 'candidate_count must be in the range'],
  [config({ logprobs: 3 }), 'only allowed when response_logprobs is true.'],
  [config({ stopSequences: ['a', 'b', 'c', 'd', 'e', 'f'] }), 'must not exceed 5'],
  [config({ parallelToolCalls: false }), 'Unknown name "parallelToolCalls"'],
  [{ safetySettings: [{ category: 'HARM', threshold: 'OFF' }] }, 'HarmCategory), "HARM"'],
  [{ serviceTier: 'gold' }, "Invalid value at 'service_tier'"],
];

test.each(refused)('400 for %j', async (fields, message) => {
  const body = { contents: [USER], ...fields };
  const answer = await vendors.post('/google/v1beta/models/gemini-2.5-flash:generateContent', body);
  expect(answer).toMatchObject({
    status: 400,
    message: expect.stringContaining(message) as string,
    body: { error: { status: 'INVALID_ARGUMENT' } },
  });
});

const recursive = {
  type: 'object',
  properties: { next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } },
  additionalProperties: false,
};
const accepted: object[] = [
  { contents: [USER, CALL, RESULT], ...declared({}) },
  { contents: [USER, CALL, { ...RESULT, role: 'function' }], ...declared({}) },
  { contents: [USER, CALL, RESULT, { role: 'model', parts: [{ text: 'x' }] }, USER] },
  parameters({ anyOf: [{ type: 'string' }, { type: 'INTEGER' }], nullable: true, description: 'x' }),
  { ...declared({}), toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['ping'] } } },
  config({ responseMimeType: 'application/json', responseJsonSchema: recursive }),
  { safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }] },
];

test.each(accepted)('200 for %j', async (fields) => {
  const body = { contents: [USER], ...fields };
  const answer = await vendors.post('/google/v1beta/models/gemini-2.5-flash:generateContent', body);
  expect(answer).toMatchObject({ status: 200, message: '' });
});

test('candidates, log probabilities and the tier are in the answer', async () => {
  const response = await fetch(
    `${vendors.simulator.urlFor('google')}/v1beta/models/gemini-2.5-flash:generateContent`,
    {
      method: 'POST',
      headers: { 'x-goog-api-key': 'k', 'content-type': 'application/json' },
      body: JSON.stringify({
        contents: [USER],
        serviceTier: 'flex',
        generationConfig: { candidateCount: 2, responseLogprobs: true, logprobs: 2 },
      }),
    },
  );
  const { candidates } = (await response.json()) as {
    candidates: {
      index: number;
      content: { parts: { text: string }[] };
      logprobsResult: { chosenCandidates: { token: string }[] };
    }[];
  };
  expect(candidates.map(({ index }) => index)).toEqual([0, 1]);
  for (const { content, logprobsResult } of candidates) {
    const tokens = logprobsResult.chosenCandidates.map(({ token }) => token);
    expect(tokens.join('')).toBe(content.parts[0]!.text);
  }
  expect(response.headers.get('x-gemini-service-tier')).toBe('flex');
});
