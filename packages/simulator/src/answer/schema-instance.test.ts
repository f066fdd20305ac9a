import { expect, test } from 'vitest';
import { z } from 'zod';
import { schemaInstance } from './schema-instance.ts';
import { createSeededRandom } from './seeded-random.ts';

const recursive = z.strictObject({
  name: z.string(),
  get children() {
    return z.array(recursive);
  },
  get parent() {
    return z.nullable(recursive);
  },
});

const SCHEMAS: [string, z.ZodType][] = [
  ['scalars', z.strictObject({ a: z.string(), b: z.int(), c: z.number(), d: z.boolean(), e: z.null() })],
  [
    'bounds',
    z.strictObject({ a: z.int().min(5).max(7), b: z.number().gt(0).lt(1), c: z.int().multipleOf(7) }),
  ],
  [
    'strings',
    z.strictObject({ a: z.string().min(40).max(50), b: z.string().max(2), c: z.string().regex(/^\d{3}$/) }),
  ],
  [
    'formats',
    z.strictObject({ a: z.iso.date(), b: z.email(), c: z.uuid(), d: z.url(), e: z.iso.datetime() }),
  ],
  ['choices', z.strictObject({ a: z.enum(['x', 'y']), b: z.literal(3), c: z.union([z.int(), z.boolean()]) })],
  [
    'lists',
    z.strictObject({
      a: z.array(z.int()).min(4).max(5),
      b: z.tuple([z.string(), z.int()]),
      c: z.array(z.any()),
    }),
  ],
  [
    'optional parts',
    z.strictObject({ a: z.optional(z.string()), b: z.strictObject({ c: z.nullable(z.int()) }) }),
  ],
  ['what all parts demand', z.intersection(z.object({ a: z.string() }), z.object({ b: z.int() }))],
  ['recursion', recursive],
];

test.each(SCHEMAS)('an instance of %s validates', (_name, schema) => {
  const json = z.toJSONSchema(schema) as Record<string, unknown>;
  for (let seed = 0; seed < 50; seed += 1) {
    const random = createSeededRandom(seed);
    const instance = schemaInstance(json, { root: json, random, words: ['Paris', 'weather'] });
    expect(schema.safeParse(instance).error).toBeUndefined();
  }
});

test("Gemini's upper-case types and nullable parts are understood", () => {
  const root = {
    type: 'OBJECT',
    properties: { city: { type: 'STRING' }, days: { type: 'ARRAY', items: { type: 'INTEGER' } } },
    required: ['city'],
  };
  const instance = schemaInstance(root, { root, random: createSeededRandom(1), words: ['Paris'] });
  expect(
    z.strictObject({ city: z.literal('Paris'), days: z.array(z.int()) }).safeParse(instance).success,
  ).toBe(true);
});
