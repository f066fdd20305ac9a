import type { JsonSchema } from '@sluice/contracts';
import { isJsonObject, type JsonObject } from '../request/json-object.ts';
import { toldInWords } from './told-in-words.ts';

/** Source: Anthropic's guide "Structured outputs", JSON Schema limitations. */
const FORMATS: ReadonlySet<string> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
]);
const MOVED = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'not',
  'if',
  'then',
  'else',
  'contains',
  'minContains',
  'maxContains',
  'prefixItems',
  'additionalItems',
  'unevaluatedItems',
  'patternProperties',
  'propertyNames',
  'unevaluatedProperties',
  'dependentSchemas',
  'dependentRequired',
] as const;
const SCHEMAS_BY_NAME: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions']);
const SCHEMA_LISTS: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf']);

export interface OutputSchema {
  schema: JsonObject;
  /** Keywords that the model is told of in words and no longer held to; in order of appearance. */
  loosened: string[];
}

/**
 * A schema in the subset that Anthropic compiles to a grammar: objects closed, `oneOf` as `anyOf`, limits, tuples and
 * conditions moved into the description. Builds a new object. A recursive schema has no such form: ask
 * `isRecursive` before.
 */
export function toOutputSchema(schema: Readonly<JsonSchema>): OutputSchema {
  const loosened = new Set<string>();
  return { schema: convert(schema, loosened), loosened: [...loosened] };
}

function convert(schema: Readonly<JsonObject>, loosened: Set<string>): JsonObject {
  const result: JsonObject = {};
  const told: [keyword: string, value: unknown][] = [];
  const tell = (keyword: string, value: unknown): void => {
    loosened.add(keyword);
    told.push([keyword, value]);
  };
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === '$schema' || keyword === '$id') continue;
    const isLimit = (MOVED as readonly string[]).includes(keyword);
    if (isLimit || (keyword === 'format' && !FORMATS.has(String(value)))) tell(keyword, value);
    else if (keyword === 'minItems' && value !== 0 && value !== 1) tell(keyword, value);
    // A tuple of drafts before 2020-12, or what may follow one.
    else if (keyword === 'items' && !isJsonObject(value)) tell(keyword, value);
    else if (keyword === 'oneOf') result['anyOf'] = convertList(value, loosened);
    else if (keyword === 'additionalProperties') {
      if (value !== false) loosened.add(keyword);
    } else result[keyword] = convertValue(keyword, value, loosened);
  }
  if (isObjectSchema(schema)) result['additionalProperties'] = false;
  return { ...result, ...toldInWords(schema, told) };
}

function convertValue(keyword: string, value: unknown, loosened: Set<string>): unknown {
  if (keyword === 'items' && isJsonObject(value)) return convert(value, loosened);
  if (SCHEMA_LISTS.has(keyword)) return convertList(value, loosened);
  if (!SCHEMAS_BY_NAME.has(keyword) || !isJsonObject(value)) return structuredClone(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isJsonObject(inner) ? convert(inner, loosened) : inner,
    ]),
  );
}

function convertList(value: unknown, loosened: Set<string>): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((inner: unknown) => (isJsonObject(inner) ? convert(inner, loosened) : inner));
}

function isObjectSchema({ type, properties }: Readonly<JsonObject>): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object')) || isJsonObject(properties);
}
