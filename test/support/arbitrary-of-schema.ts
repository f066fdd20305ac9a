import fc from 'fast-check';
import type { JsonSchema } from './openapi-operations.ts';

const MAX_DEPTH = 5;
const JUNK = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    0,
    -1,
    1e308,
    true,
    [],
    {},
    '\u0000',
    '\uD800',
    '../../etc/passwd',
    '{{7*7}}',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Values that mostly fit a JSON schema, and now and then do not at one place or another. */
export function arbitraryOfSchema(
  schema: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
  depth = 0,
): fc.Arbitrary<unknown> {
  const fitting = depth > MAX_DEPTH ? fc.constant<unknown>(null) : fittingOf(schema, schemas, depth);
  return fc.oneof({ weight: 20, arbitrary: fitting }, { weight: 1, arbitrary: JUNK });
}

function fittingOf(
  schema: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
  depth: number,
): fc.Arbitrary<unknown> {
  const deeper = (inner: JsonSchema): fc.Arbitrary<unknown> => arbitraryOfSchema(inner, schemas, depth + 1);
  if (schema.$ref) return deeper(schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map(deeper));
  if (schema.allOf)
    return fc.tuple(...schema.allOf.map(deeper)).map((parts) => Object.assign({}, ...parts) as unknown);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case 'object': {
      const { properties = {}, required = [], additionalProperties } = schema;
      const known = fc.record(
        Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, deeper(inner)])),
        { requiredKeys: required.filter((name) => name in properties) },
      );
      if (typeof additionalProperties !== 'object') return known;
      const others = fc.dictionary(fc.string({ maxLength: 10 }), deeper(additionalProperties), {
        maxKeys: 3,
      });
      return fc.tuple(others, known).map(([more, own]) => ({ ...more, ...own }));
    }
    case 'array':
      return fc.array(deeper(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: 3 });
    case 'integer':
      return fc.integer({
        min: schema.minimum ?? -10,
        max: Math.max(schema.minimum ?? 0, schema.maximum ?? 1_000),
      });
    case 'number':
      return fc.double({ min: schema.minimum ?? -10, max: schema.maximum ?? 1_000, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'string':
      return textOf(schema);
    default:
      return JUNK;
  }
}

function textOf({ pattern, format, maxLength = 30 }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'date-time') return fc.constantFrom('2030-01-01T00:00:00Z', '2030-01-01T00:00:00.000+02:00');
  if (format === 'uri') return fc.constantFrom('https://example.com/hook', 'http://127.0.0.1/', 'ftp://x');
  const words = fc.constantFrom(
    '30s',
    '24h',
    'default',
    'openai/gpt-5.4-mini',
    'a',
    'job_1',
    'user',
    'x'.repeat(64),
  );
  if (pattern === undefined) return fc.oneof(words, fc.string({ maxLength: Math.min(maxLength, 30) }));
  try {
    return fc.oneof(words, fc.stringMatching(new RegExp(pattern)));
  } catch {
    return words;
  }
}
