import { isJsonObject, type JsonObject } from '../request/json-object.ts';
import { UNMISSED, type ConvertedSchema } from './gemini-schema.ts';
import { simpleSchema, type SimpleSchema } from './simple-schema.ts';

/** Besides `type`, `enum`, `anyOf`, `items` and `prefixItems`, which are built anew. */
const KEPT: ReadonlySet<string> = new Set([
  'title',
  'description',
  'format',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
  'properties',
  'additionalProperties',
  'required',
  'propertyOrdering',
]);

/**
 * A JSON Schema, its references inlined, with the keywords alone that Gemini knows of JSON Schema (models since
 * 2.5). Builds a new object. Source: Gemini API reference, "GenerationConfig.responseJsonSchema".
 */
export function toGeminiJsonSchema(schema: JsonObject): ConvertedSchema<JsonObject> {
  const lost = new Set<string>();
  return { schema: convert(schema, lost), lost: [...lost] };
}

function convert(raw: unknown, lost: Set<string>): JsonObject {
  if (raw === true) return {};
  if (!isJsonObject(raw)) {
    lost.add(String(raw));
    return {};
  }
  const simple = simpleSchema(raw, lost);
  const schema = typeAndValues(simple, lost);
  for (const [keyword, value] of Object.entries(simple.rest)) {
    if (KEPT.has(keyword)) schema[keyword] = kept(keyword, value, lost);
    else if (!UNMISSED.has(keyword)) Object.assign(schema, bound(keyword, value, { simple, lost }));
  }
  if (simple.tuple) schema['prefixItems'] = simple.tuple.map((one) => convert(one, lost));
  if (isJsonObject(simple.items)) schema['items'] = convert(simple.items, lost);
  if (simple.anyOf) {
    const alternatives = simple.anyOf.map((one) => convert(one, lost));
    schema['anyOf'] = simple.nullable ? [...alternatives, { type: 'null' }] : alternatives;
  }
  return schema;
}

function typeAndValues(simple: SimpleSchema, lost: Set<string>): JsonObject {
  const { types, nullable, anyOf, values } = simple;
  if (anyOf) return {};
  if (values) {
    const alone = { ...typeOf(types), ...enumOf(values, lost) };
    // Gemini's enums hold no null, and an enum without it would forbid it.
    return nullable ? { anyOf: [alone, { type: 'null' }] } : alone;
  }
  return typeOf(nullable ? [...types, 'null'] : types);
}

function typeOf(types: readonly string[]): JsonObject {
  if (types.length === 0) return {};
  return { type: types.length === 1 ? types[0] : [...types] };
}

function enumOf(values: readonly unknown[], lost: Set<string>): JsonObject {
  if (values.every((value) => typeof value === 'string' || typeof value === 'number'))
    return { enum: [...values] };
  lost.add('enum');
  return {};
}

function kept(keyword: string, value: unknown, lost: Set<string>): unknown {
  if (keyword === 'properties' && isJsonObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, schema]) => [name, convert(schema, lost)] as const),
    );
  }
  if (keyword === 'additionalProperties' && isJsonObject(value)) return convert(value, lost);
  return structuredClone(value);
}

/** Exclusive bounds of integers have an inclusive twin; everything else is lost. */
function bound(
  keyword: string,
  value: unknown,
  { simple, lost }: { simple: SimpleSchema; lost: Set<string> },
): JsonObject {
  const isInteger = simple.types.length === 1 && simple.types[0] === 'integer';
  if (isInteger && typeof value === 'number') {
    if (keyword === 'exclusiveMinimum') return { minimum: Math.floor(value) + 1 };
    if (keyword === 'exclusiveMaximum') return { maximum: Math.ceil(value) - 1 };
  }
  lost.add(keyword);
  return {};
}
