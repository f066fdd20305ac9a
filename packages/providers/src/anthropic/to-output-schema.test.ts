import { describe, expect, it } from 'vitest';
import { toOutputSchema } from './to-output-schema.ts';

describe('toOutputSchema', () => {
  it('closes objects, at every depth', () => {
    const inner = {
      type: 'object',
      properties: { b: { type: 'string' } },
      additionalProperties: { type: 'number' },
    };
    const schema = {
      type: 'object',
      properties: { a: { type: 'array', items: inner } },
      $defs: { c: { properties: {} } },
    };
    expect(toOutputSchema(schema)).toEqual({
      loosened: ['additionalProperties'],
      schema: {
        type: 'object',
        properties: {
          a: {
            type: 'array',
            items: { type: 'object', properties: { b: { type: 'string' } }, additionalProperties: false },
          },
        },
        $defs: { c: { properties: {}, additionalProperties: false } },
        additionalProperties: false,
      },
    });
  });

  it('moves limits into the description, and keeps formats that are taken', () => {
    const { schema, loosened } = toOutputSchema({
      type: 'string',
      description: 'A code.',
      minLength: 2,
      pattern: '^a',
      format: 'date',
    });
    expect(schema).toEqual({
      type: 'string',
      format: 'date',
      description: 'A code. {minLength: 2, pattern: "^a"}',
    });
    expect(loosened).toEqual(['minLength', 'pattern']);
    expect(toOutputSchema({ type: 'string', format: 'iban' }).schema).toEqual({
      type: 'string',
      description: '{format: "iban"}',
    });
  });

  it('writes oneOf as anyOf, and keeps properties that are named like keywords', () => {
    const { schema } = toOutputSchema({
      type: 'object',
      properties: { pattern: { oneOf: [{ type: 'string' }, { type: 'null' }] }, minimum: { type: 'number' } },
    });
    expect(schema).toMatchObject({
      properties: { pattern: { anyOf: [{ type: 'string' }, { type: 'null' }] }, minimum: { type: 'number' } },
    });
  });

  it('keeps minItems of 0 and 1 only', () => {
    expect(toOutputSchema({ type: 'array', minItems: 1 }).schema).toEqual({ type: 'array', minItems: 1 });
    expect(toOutputSchema({ type: 'array', minItems: 2 }).loosened).toEqual(['minItems']);
  });

  it('tells conditions, tuples and names of properties in words', () => {
    const { schema, loosened } = toOutputSchema({
      type: 'object',
      properties: { pair: { type: 'array', prefixItems: [{ type: 'string' }], items: false } },
      patternProperties: { '^x-': { type: 'string' } },
      if: { required: ['pair'] },
      else: { minProperties: 2 },
    });
    expect(schema).toEqual({
      type: 'object',
      properties: {
        pair: { type: 'array', description: '{prefixItems: [{"type":"string"}], items: false}' },
      },
      additionalProperties: false,
      description:
        '{patternProperties: {"^x-":{"type":"string"}}, if: {"required":["pair"]}, else: {"minProperties":2}}',
    });
    expect(loosened).toEqual(['prefixItems', 'items', 'patternProperties', 'if', 'else']);
  });
});
