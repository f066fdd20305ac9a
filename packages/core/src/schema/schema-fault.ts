export interface SchemaFault {
  /** Where in the schema, dotted: `properties.city.type`; empty for the schema itself. */
  path: string;
  message: string;
}

const TYPES: ReadonlySet<unknown> = new Set([
  'object',
  'array',
  'string',
  'number',
  'integer',
  'boolean',
  'null',
]);
const MAX_DEPTH = 100;

/**
 * The first thing in a JSON Schema that no vendor would take, or null. Only what is certainly wrong counts; keywords
 * that nobody knows are left alone. Source: JSON Schema 2020-12, core and validation.
 */
export function schemaFault(schema: unknown, path = '', depth = 0): SchemaFault | null {
  if (depth > MAX_DEPTH) return { path, message: `is nested more than ${MAX_DEPTH} levels deep` };
  if (typeof schema === 'boolean') return null;
  if (!isObject(schema)) return { path, message: 'must be a schema: an object, true or false' };
  const at = (keyword: string): string => (path === '' ? keyword : `${path}.${keyword}`);
  const inner = (value: unknown, keyword: string) => schemaFault(value, at(keyword), depth + 1);
  const own = ownFault(schema, at);
  if (own) return own;
  for (const keyword of ['properties', '$defs', 'definitions', 'patternProperties']) {
    const named = schema[keyword];
    if (named === undefined) continue;
    if (!isObject(named)) return { path: at(keyword), message: 'must be an object of schemas' };
    for (const [name, value] of Object.entries(named)) {
      const fault = inner(value, `${keyword}.${name}`);
      if (fault) return fault;
    }
  }
  for (const keyword of ['anyOf', 'oneOf', 'allOf', 'prefixItems']) {
    const list = schema[keyword];
    if (list === undefined) continue;
    if (!Array.isArray(list) || list.length === 0)
      return { path: at(keyword), message: 'must be a list of schemas that is not empty' };
    for (const [index, value] of list.entries()) {
      const fault = inner(value, `${keyword}.${index}`);
      if (fault) return fault;
    }
  }
  for (const keyword of ['items', 'additionalProperties', 'not']) {
    const value = schema[keyword];
    // A list of `items` is the tuple of drafts before 2020-12.
    const values = keyword === 'items' && Array.isArray(value) ? value : [value];
    for (const one of values) {
      const fault = one === undefined ? null : inner(one, keyword);
      if (fault) return fault;
    }
  }
  return null;
}

function ownFault(
  { type, required, enum: values, $ref: reference }: Record<string, unknown>,
  at: (keyword: string) => string,
): SchemaFault | null {
  const types = Array.isArray(type) ? type : [type];
  const unknown = types.find((name) => !TYPES.has(name));
  if (type !== undefined && (types.length === 0 || unknown !== undefined)) {
    const known = [...TYPES].join(', ');
    return { path: at('type'), message: `must be one of ${known}, not ${show(unknown ?? type)}` };
  }
  const areNames = Array.isArray(required) && required.every((name) => typeof name === 'string');
  if (required !== undefined && !areNames)
    return { path: at('required'), message: 'must be a list of property names' };
  if (values !== undefined && (!Array.isArray(values) || values.length === 0))
    return { path: at('enum'), message: 'must be a list of values that is not empty' };
  if (reference !== undefined && typeof reference !== 'string')
    return { path: at('$ref'), message: 'must be a string' };
  return null;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 60);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
