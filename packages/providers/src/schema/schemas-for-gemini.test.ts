import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toGeminiJsonSchema } from './to-gemini-json-schema.ts';
import { toGeminiSchema } from './to-gemini-schema.ts';

type Json = Record<string, unknown>;

describe.each<[string, Json, Json, Json, string[]?]>([
  [
    'a nullable type',
    { type: ['string', 'null'] },
    { type: 'STRING', nullable: true },
    { type: ['string', 'null'] },
  ],
  [
    'an optional by anyOf',
    { description: 'd', anyOf: [{ type: 'integer' }, { type: 'null' }] },
    { description: 'd', type: 'INTEGER', nullable: true },
    { description: 'd', type: ['integer', 'null'] },
  ],
  [
    'nullable as OpenAPI writes it',
    { type: 'number', nullable: true },
    { type: 'NUMBER', nullable: true },
    { type: ['number', 'null'] },
  ],
  [
    'several types',
    { type: ['string', 'integer', 'null'], minimum: 2 },
    { anyOf: [{ type: 'STRING' }, { type: 'INTEGER', minimum: 2 }], nullable: true },
    { type: ['string', 'integer', 'null'], minimum: 2 },
  ],
  [
    'a constant',
    { const: 'x' },
    { type: 'STRING', format: 'enum', enum: ['x'] },
    { type: 'string', enum: ['x'] },
  ],
  ['null', { type: 'null' }, { type: 'NULL', nullable: true }, { type: 'null' }],
  [
    'an enum with null',
    { enum: ['a', null] },
    { type: 'STRING', format: 'enum', enum: ['a'], nullable: true },
    { anyOf: [{ type: 'string', enum: ['a'] }, { type: 'null' }] },
  ],
  [
    'oneOf',
    { oneOf: [{ type: 'string' }, { type: 'boolean' }] },
    { anyOf: [{ type: 'STRING' }, { type: 'BOOLEAN' }] },
    { anyOf: [{ type: 'string' }, { type: 'boolean' }] },
  ],
  [
    'alternatives of one object',
    {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      anyOf: [{ required: ['a'] }, { required: ['b'] }],
    },
    {
      anyOf: ['a', 'b'].map((name) => ({
        type: 'OBJECT',
        properties: { a: { type: 'STRING' }, b: { type: 'STRING' } },
        required: [name],
      })),
    },
    {
      anyOf: ['a', 'b'].map((name) => ({
        type: 'object',
        properties: { a: { type: 'string' }, b: { type: 'string' } },
        required: [name],
      })),
    },
  ],
  [
    'allOf',
    {
      allOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        { properties: { b: { type: 'integer', minimum: 1 } }, required: ['b'] },
        { properties: { b: { minimum: 3 } } },
      ],
    },
    {
      type: 'OBJECT',
      properties: { a: { type: 'STRING' }, b: { type: 'INTEGER', minimum: 3 } },
      required: ['a', 'b'],
    },
    {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'integer', minimum: 3 } },
      required: ['a', 'b'],
    },
  ],
  [
    'additionalProperties: false, and keywords that only describe',
    {
      $schema: 's',
      type: 'object',
      properties: { a: { type: 'string', default: 'x', examples: ['y'] } },
      additionalProperties: false,
    },
    { type: 'OBJECT', properties: { a: { type: 'STRING' } } },
    { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false },
  ],
  [
    'exclusive bounds of integers',
    { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 10 },
    { type: 'INTEGER', minimum: 1, maximum: 9 },
    { type: 'integer', minimum: 1, maximum: 9 },
  ],
  [
    'what is required and not there',
    { type: 'object', properties: { a: { type: 'string' } }, required: ['a', 'gone'] },
    { type: 'OBJECT', properties: { a: { type: 'STRING' } }, required: ['a'] },
    { type: 'object', properties: { a: { type: 'string' } }, required: ['a', 'gone'] },
  ],
])('%s', (_what, schema, openApi, json) => {
  it('is kept in both forms', () => {
    expect(toGeminiSchema(schema)).toEqual({ schema: openApi, lost: [] });
    expect(toGeminiJsonSchema(schema)).toEqual({ schema: json, lost: [] });
  });
});

describe('what can not be kept is told', () => {
  it.each<[string, Json, string[], string[]]>([
    ['an enum of numbers', { type: 'integer', enum: [1, 2] }, ['enum (numbers are sent as strings)'], []],
    ['an enum with the empty text', { enum: ['', 'a'] }, ['enum (the empty text)'], []],
    ['a constant flag', { const: true }, ['enum'], ['enum']],
    ['a tuple', { prefixItems: [{ type: 'string' }, { type: 'number' }] }, ['prefixItems'], []],
    ['a pattern', { type: 'string', pattern: '^a' }, [], ['pattern']],
    ['a format', { type: 'string', format: 'email' }, ['format'], []],
    [
      'an open object',
      { type: 'object', additionalProperties: { type: 'string' } },
      ['additionalProperties'],
      [],
    ],
    ['a negation', { type: 'string', not: { const: 'x' } }, ['not'], ['not']],
    ['types that contradict', { allOf: [{ type: 'string' }, { type: 'number' }] }, ['allOf'], ['allOf']],
    ['anything deep inside', { items: { items: { type: 'string', if: {} } } }, ['if'], ['if']],
  ])('%s', (_what, schema, openApi, json) => {
    expect(toGeminiSchema(schema).lost).toEqual(openApi);
    expect(toGeminiJsonSchema(schema).lost).toEqual(json);
  });
});

const OPEN_API: ReadonlySet<string> = new Set(
  'type format title description nullable enum anyOf items minItems maxItems properties required propertyOrdering minProperties maxProperties minLength maxLength pattern minimum maximum'.split(
    ' ',
  ),
);
const JSON_SCHEMA: ReadonlySet<string> = new Set(
  'type format title description enum anyOf items prefixItems minItems maxItems minimum maximum properties additionalProperties required propertyOrdering'.split(
    ' ',
  ),
);

/** Every schema inside a schema, itself included. */
function* schemasOf(schema: Json): Generator<Json> {
  yield schema;
  const inner = [
    ...Object.values((schema['properties'] as Json | undefined) ?? {}),
    ...['anyOf', 'prefixItems'].flatMap((list) => (schema[list] as unknown[] | undefined) ?? []),
    schema['items'],
    schema['additionalProperties'],
  ];
  for (const one of inner) if (typeof one === 'object' && one !== null) yield* schemasOf(one as Json);
}

const { schema: anySchema } = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.boolean(),
    fc.record(
      {
        type: fc.oneof(
          fc.constantFrom('string', 'number', 'integer', 'boolean', 'array', 'object', 'null'),
          fc.subarray(['string', 'null', 'object', 'array', 'number'], { minLength: 1 }),
        ),
        description: fc.string(),
        enum: fc.array(fc.jsonValue({ maxDepth: 1 }), { minLength: 1, maxLength: 3 }),
        const: fc.jsonValue({ maxDepth: 1 }),
        properties: fc.dictionary(fc.string(), tie('schema'), { maxKeys: 3 }),
        required: fc.array(fc.string(), { maxLength: 2 }),
        items: fc.oneof(tie('schema'), fc.array(tie('schema'), { maxLength: 2 })),
        prefixItems: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
        anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }),
        oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }),
        allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }),
        additionalProperties: tie('schema'),
        not: tie('schema'),
        nullable: fc.boolean(),
        exclusiveMinimum: fc.integer(),
        minLength: fc.nat(),
        format: fc.constantFrom('date-time', 'email', 'int32'),
        'x-other': fc.anything({ maxDepth: 1 }),
      },
      { requiredKeys: [] },
    ),
  ),
}));
const roots = anySchema.filter((schema): schema is Json => typeof schema === 'object');

describe.each([
  ['OpenAPI', toGeminiSchema, OPEN_API],
  ['JSON Schema', toGeminiJsonSchema, JSON_SCHEMA],
] as const)('a schema as %s', (_form, convert, fields) => {
  it('has no field that Gemini lacks, and leaves what it was made from as it was', () => {
    fc.assert(
      fc.property(roots, (root) => {
        const before = structuredClone(root);
        const { schema } = convert(root);
        expect(root).toEqual(before);
        for (const one of schemasOf(schema as Json)) {
          expect(Object.keys(one).filter((field) => !fields.has(field))).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('shares no object with what it was made from', () => {
    const items = {
      type: 'object',
      properties: { a: { type: 'array', items: { type: 'string' } } },
      required: ['a'],
    };
    const { schema } = convert(items);
    const before = JSON.stringify(schema);
    items.required.push('b');
    items.properties.a.type = 'changed';
    expect(JSON.stringify(schema)).toBe(before);
  });
});
