import type { JsonSchema } from '@sluice/contracts';

export type InlinedSchema =
  | { status: 'ok'; schema: JsonSchema }
  | { status: 'refused'; recursive: boolean; message: string };

/** A small schema can name its definitions so often that it grows without end when they are inlined. */
const MAX_NODES = 20_000;
const MAX_DEPTH = 100;

/** Keywords whose value is a schema, a list of schemas, or schemas by name; all others are plain data. */
const ONE = new Set([
  'items',
  'additionalItems',
  'additionalProperties',
  'unevaluatedItems',
  'unevaluatedProperties',
  'contains',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
]);
const MANY = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems', 'items']);
const BY_NAME = new Set(['properties', 'patternProperties', 'dependentSchemas']);
const DEFINITIONS = new Set(['$defs', 'definitions']);

/**
 * A copy of a JSON Schema in which every `$ref` is replaced by what it names, and `$defs` are gone. Refused are
 * references that lead into themselves, to another document or to nothing, and schemas that become too large.
 * The input is never changed.
 */
export function inlineReferences(root: JsonSchema): InlinedSchema {
  let nodes = 0;

  function copy(value: unknown, path: readonly string[], depth: number): unknown {
    nodes += 1;
    if (nodes > MAX_NODES || depth > MAX_DEPTH) throw new SchemaRefusal('the schema is too large', false);
    if (!isObject(value)) return structuredClone(value);
    const { $ref: reference, ...rest } = value;
    const own = Object.entries(rest)
      .filter(([keyword]) => !DEFINITIONS.has(keyword))
      .map(([keyword, inner]) => [keyword, copyKeyword(keyword, inner, path, depth + 1)] as const);
    if (typeof reference !== 'string') return Object.fromEntries(own);
    if (path.includes(reference)) throw new SchemaRefusal(`"${reference}" contains itself`, true);
    const target = copy(resolve(root, reference), [...path, reference], depth + 1);
    return isObject(target) ? { ...target, ...Object.fromEntries(own) } : target;
  }

  function copyKeyword(keyword: string, value: unknown, path: readonly string[], depth: number): unknown {
    if (MANY.has(keyword) && Array.isArray(value)) return value.map((inner) => copy(inner, path, depth));
    if (BY_NAME.has(keyword) && isObject(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name, copy(inner, path, depth)] as const),
      );
    }
    return ONE.has(keyword) ? copy(value, path, depth) : structuredClone(value);
  }

  try {
    return { status: 'ok', schema: copy(root, ['#'], 0) as JsonSchema };
  } catch (error) {
    if (!(error instanceof SchemaRefusal)) throw error;
    return { status: 'refused', recursive: error.recursive, message: error.message };
  }
}

class SchemaRefusal extends Error {
  readonly recursive: boolean;
  constructor(message: string, recursive: boolean) {
    super(message);
    this.recursive = recursive;
  }
}

/** Source: RFC 6901, JSON Pointer as a URI fragment. */
function resolve(root: JsonSchema, reference: string): unknown {
  if (!/^#(\/|$)/.test(reference))
    throw new SchemaRefusal(`"${reference}" does not point into the schema`, false);
  let at: unknown = root;
  for (const step of reference.split('/').slice(1)) {
    const key = decode(step).replaceAll('~1', '/').replaceAll('~0', '~');
    const found = typeof at === 'object' && at !== null && Object.hasOwn(at, key);
    if (!found) throw new SchemaRefusal(`"${reference}" is not in the schema`, false);
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
