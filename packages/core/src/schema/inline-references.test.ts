import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inlineReferences } from './inline-references.ts';

describe('inlineReferences', () => {
  it('puts definitions in their places, with what stands beside the reference', () => {
    const schema = {
      type: 'object',
      properties: {
        home: { $ref: '#/$defs/place', description: 'where one lives' },
        work: { $ref: '#/definitions/a~1b' },
        list: { type: 'array', items: { $ref: '#/$defs/place' } },
      },
      $defs: { place: { type: 'string', description: 'a place' } },
      definitions: { 'a/b': { anyOf: [{ $ref: '#/$defs/place' }, { type: 'null' }] } },
    };
    const before = JSON.stringify(schema);
    expect(inlineReferences(schema)).toEqual({
      status: 'ok',
      schema: {
        type: 'object',
        properties: {
          home: { type: 'string', description: 'where one lives' },
          work: { anyOf: [{ type: 'string', description: 'a place' }, { type: 'null' }] },
          list: { type: 'array', items: { type: 'string', description: 'a place' } },
        },
      },
    });
    expect(JSON.stringify(schema)).toBe(before);
  });

  it('leaves alone what only looks like a reference', () => {
    const schema = {
      properties: { $ref: { type: 'string' }, $defs: { type: 'string' } },
      enum: [{ $ref: '#/nowhere' }],
    };
    expect(inlineReferences(schema)).toEqual({ status: 'ok', schema });
  });

  it.each([
    ['itself', { $ref: '#' }],
    ['itself by a property', { properties: { next: { $ref: '#' } } }],
    [
      'a pair that names each other',
      {
        $ref: '#/$defs/a',
        $defs: { a: { items: { $ref: '#/$defs/b' } }, b: { items: { $ref: '#/$defs/a' } } },
      },
    ],
    ['an ancestor', { properties: { a: { properties: { b: { $ref: '#/properties/a' } } } } }],
  ])('refuses a schema that contains %s', (_what, schema) => {
    expect(inlineReferences(schema)).toMatchObject({ status: 'refused', recursive: true });
  });

  it('never changes its input, and leaves no reference', () => {
    const names = fc.constantFrom('a', 'b', 'c');
    const { schema } = fc.letrec<{ schema: Record<string, unknown> }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 4 },
        fc.record({ $ref: names.map((name) => `#/$defs/${name}`) }),
        fc.record({ type: fc.constantFrom('string', 'integer') }),
        fc.record({ properties: fc.dictionary(fc.string(), tie('schema'), { maxKeys: 3 }) }),
        fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
      ) as fc.Arbitrary<Record<string, unknown>>,
    }));
    const roots = fc.record({
      properties: fc.dictionary(names, schema),
      $defs: fc.record({ a: schema, b: schema, c: schema }),
    });
    fc.assert(
      fc.property(roots, (root) => {
        const before = JSON.stringify(root);
        const inlined = inlineReferences(root);
        expect(JSON.stringify(root)).toBe(before);
        const left = inlined.status === 'ok' ? JSON.stringify(inlined.schema) : '';
        expect(left).not.toContain('"$ref":"#/');
      }),
    );
  });
});
