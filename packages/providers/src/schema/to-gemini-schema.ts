import { isJsonObject, type JsonObject } from '../request/json-object.ts';
import { UNMISSED, type ConvertedSchema, type GeminiSchema } from './gemini-schema.ts';
import { simpleSchema, type SimpleSchema } from './simple-schema.ts';

const FORMATS: Readonly<Record<string, readonly string[]>> = {
  string: ['date-time'],
  number: ['float', 'double'],
  integer: ['int32', 'int64'],
};
const NUMBERS: Readonly<Record<string, readonly (keyof GeminiSchema)[]>> = {
  string: ['minLength', 'maxLength'],
  number: ['minimum', 'maximum'],
  integer: ['minimum', 'maximum'],
  array: ['minItems', 'maxItems'],
  object: ['minProperties', 'maxProperties'],
};
const ANYTHING: GeminiSchema = { anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }, { type: 'BOOLEAN' }] };

/**
 * A JSON Schema, its references inlined, as the part of OpenAPI's that every Gemini model takes: nullable types
 * by `nullable`, `const` as an enum of one, enums of numbers as strings with `format: enum`, `oneOf` as `anyOf`.
 * Builds a new object.
 */
export function toGeminiSchema(schema: JsonObject): ConvertedSchema<GeminiSchema> {
  const lost = new Set<string>();
  return { schema: convert(schema, lost), lost: [...lost] };
}

function convert(raw: unknown, lost: Set<string>): GeminiSchema {
  if (!isJsonObject(raw)) {
    lost.add(String(raw));
    return structuredClone(ANYTHING);
  }
  const simple = simpleSchema(raw, lost);
  const { types, nullable, rest } = simple;
  const common: GeminiSchema = {
    ...(typeof rest['title'] === 'string' ? { title: rest['title'] } : {}),
    ...(typeof rest['description'] === 'string' ? { description: rest['description'] } : {}),
    ...(nullable ? { nullable: true } : {}),
  };
  if (simple.anyOf) return { ...common, anyOf: simple.anyOf.map((one) => convert(one, lost)) };
  if (simple.values) return { ...common, ...enumOf(simple.values, types, lost) };
  const [type, ...others] = types.length > 0 ? types : inferred(simple);
  if (others.length > 0) {
    const each = [type, ...others].map((name) => ofType(String(name), simple, new Set()));
    for (const keyword of unused(simple, [type, ...others].map(String))) lost.add(keyword);
    return { ...common, anyOf: each };
  }
  if (type === undefined)
    return nullable ? { ...common, type: 'NULL' } : { ...common, ...structuredClone(ANYTHING) };
  for (const keyword of unused(simple, [type])) lost.add(keyword);
  return { ...common, ...ofType(type, simple, lost) };
}

function inferred({ rest, items, tuple }: SimpleSchema): string[] {
  if ('properties' in rest || 'additionalProperties' in rest || 'required' in rest) return ['object'];
  if (items !== undefined || tuple) return ['array'];
  if ('minLength' in rest || 'maxLength' in rest || 'pattern' in rest || 'format' in rest) return ['string'];
  return 'minimum' in rest || 'maximum' in rest ? ['number'] : [];
}

function enumOf(values: readonly unknown[], types: readonly string[], lost: Set<string>): GeminiSchema {
  if (!values.every((value) => typeof value === 'string' || typeof value === 'number')) {
    // An enum of "true" would make the model answer with text.
    lost.add('enum');
    return types.length === 1 && types[0] === 'boolean' ? { type: 'BOOLEAN' } : structuredClone(ANYTHING);
  }
  if (values.some((value) => typeof value === 'number')) lost.add('enum (numbers are sent as strings)');
  // The API refuses an empty text among the values.
  const filled = values.map(String).filter((value) => value !== '');
  if (filled.length < values.length) lost.add('enum (the empty text)');
  return filled.length > 0 ? { type: 'STRING', format: 'enum', enum: filled } : { type: 'STRING' };
}

function ofType(type: string, simple: SimpleSchema, lost: Set<string>): GeminiSchema {
  const { rest } = simple;
  const { format, pattern } = rest;
  const schema: GeminiSchema = { type: type.toUpperCase() as NonNullable<GeminiSchema['type']> };
  if (typeof format === 'string' && FORMATS[type]?.includes(format)) schema.format = format;
  if (type === 'string' && typeof pattern === 'string') schema.pattern = pattern;
  for (const keyword of NUMBERS[type] ?? []) {
    if (typeof rest[keyword] === 'number') Object.assign(schema, { [keyword]: rest[keyword] });
  }
  if (type === 'integer') Object.assign(schema, integerBounds(rest));
  if (type === 'array') Object.assign(schema, arrayOf(simple, lost));
  if (type === 'object') Object.assign(schema, objectOf(rest, lost));
  return schema;
}

function integerBounds({ exclusiveMinimum: above, exclusiveMaximum: below }: JsonObject): GeminiSchema {
  return {
    ...(typeof above === 'number' ? { minimum: Math.floor(above) + 1 } : {}),
    ...(typeof below === 'number' ? { maximum: Math.ceil(below) - 1 } : {}),
  };
}

function arrayOf({ items, tuple }: SimpleSchema, lost: Set<string>): GeminiSchema {
  if (!tuple) return { items: isJsonObject(items) ? convert(items, lost) : structuredClone(ANYTHING) };
  lost.add('prefixItems');
  const each = tuple.map((one) => convert(one, lost));
  const [only] = each;
  return {
    items: each.length === 1 && only ? only : { anyOf: each },
    minItems: tuple.length,
    maxItems: tuple.length,
  };
}

function objectOf({ properties, required, propertyOrdering }: JsonObject, lost: Set<string>): GeminiSchema {
  if (!isJsonObject(properties) || Object.keys(properties).length === 0) return {};
  const known = (names: unknown): string[] =>
    Array.isArray(names)
      ? names.filter((name): name is string => typeof name === 'string' && Object.hasOwn(properties, name))
      : [];
  return {
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => [name, convert(schema, lost)] as const),
    ),
    ...(known(required).length > 0 ? { required: known(required) } : {}),
    ...(known(propertyOrdering).length > 0 ? { propertyOrdering: known(propertyOrdering) } : {}),
  };
}

/** Keywords that no schema of these types keeps, and that say something. */
function unused({ rest }: SimpleSchema, types: readonly string[]): string[] {
  const kept = new Set<string>(['title', 'description']);
  for (const type of types) {
    for (const keyword of NUMBERS[type] ?? []) kept.add(keyword);
    if (type === 'string') kept.add('pattern');
    if (type === 'integer') kept.add('exclusiveMinimum').add('exclusiveMaximum');
    if (type === 'object') kept.add('properties').add('required').add('propertyOrdering');
    if (FORMATS[type]?.includes(String(rest['format']))) kept.add('format');
  }
  return Object.keys(rest).filter(
    (keyword) =>
      !kept.has(keyword) &&
      !UNMISSED.has(keyword) &&
      !(keyword === 'additionalProperties' && rest[keyword] === false),
  );
}
