import { isObject } from '../vendors/is-object.ts';

type Schema = Record<string, unknown>;

export interface InstanceOptions {
  /** Where `$ref` looks. */
  root: Schema;
  random: () => number;
  /** Words for free texts, the most fitting first; at least one. */
  words: readonly string[];
}

/** From this depth on, whatever the schema allows to leave out is left out, so that recursion ends. */
const MAX_FREE_DEPTH = 5;
const MAX_DEPTH = 40;

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-03-14T09:26:53Z',
  date: '2026-03-14',
  time: '09:26:53Z',
  duration: 'P3D',
  email: 'ada@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.7',
  ipv6: '2001:db8::7',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  uuid: '3f1c0b7e-5a52-4c1e-9d0a-2b6f4e8d7c90',
};
/** Tried in order for a `pattern`; a pattern that none fits is not honoured. */
const PATTERN_CANDIDATES = [
  'a',
  'A',
  '1',
  'abc',
  'ABC',
  '123',
  'a1',
  'A1',
  'AB-123',
  '2026-03-14',
  '12:30',
  '00000',
];

/** A value that validates against the schema; the same for the same draws. JSON Schema or Gemini's upper-case types. */
export function schemaInstance(schema: unknown, options: InstanceOptions, depth = 0): unknown {
  if (!isObject(schema)) return schema === false ? null : options.words[0];
  if (depth > MAX_DEPTH) return null;
  const next = (part: unknown): unknown => schemaInstance(part, options, depth + 1);
  if (typeof schema['$ref'] === 'string') {
    const { $ref: _ref, ...beside } = schema;
    return next({ ...resolve(schema['$ref'], options.root), ...beside });
  }
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum']) && schema['enum'].length > 0) return draw(schema['enum'], options);
  if (Array.isArray(schema['allOf'])) return next(mergeAll(schema, options.root));
  const choices = [schema['anyOf'], schema['oneOf']].find((list) => Array.isArray(list)) as
    | unknown[]
    | undefined;
  if (choices && choices.length > 0) {
    // Deep down the simplest branch ends a recursion.
    const branch = depth > MAX_FREE_DEPTH ? choices.find(isScalar) : undefined;
    const chosen = branch ?? choices.find((choice) => typeOf(choice) !== 'null') ?? choices[0];
    const { anyOf: _any, oneOf: _one, ...beside } = schema;
    return next(isObject(chosen) ? { ...beside, ...chosen } : chosen);
  }
  switch (typeOf(schema)) {
    case 'object':
      return objectOf(schema, options, depth);
    case 'array':
      return arrayOf(schema, options, depth);
    case 'integer':
      return numberOf(schema, options, 1);
    case 'number':
      return numberOf(schema, options, 0.5);
    case 'boolean':
      return options.random() < 0.5;
    case 'null':
      return null;
    default:
      return stringOf(schema, options);
  }
}

function typeOf(schema: unknown): string {
  if (!isObject(schema)) return 'string';
  const { type } = schema;
  const names = (Array.isArray(type) ? type : [type]).filter((name) => typeof name === 'string');
  const name = names.map((each) => each.toLowerCase()).find((each) => each !== 'null') ?? names[0];
  if (name !== undefined) return name.toLowerCase();
  if (isObject(schema['properties'])) return 'object';
  return schema['items'] !== undefined ? 'array' : 'string';
}

function isScalar(schema: unknown): boolean {
  return isObject(schema) && !('$ref' in schema) && !['object', 'array'].includes(typeOf(schema));
}

function resolve(reference: string, root: Schema): Schema {
  if (reference === '#') return root;
  const found = reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((at, part) => (isObject(at) ? at[decodeURIComponent(part)] : undefined), root);
  return isObject(found) ? found : {};
}

function mergeAll(schema: Schema, root: Schema): Schema {
  const { allOf, ...beside } = schema;
  return (allOf as unknown[]).filter(isObject).reduce<Schema>((merged, part) => {
    const own = typeof part['$ref'] === 'string' ? resolve(part['$ref'], root) : part;
    return {
      ...merged,
      ...own,
      properties: { ...(merged['properties'] as object), ...(own['properties'] as object) },
      required: [...((merged['required'] as string[]) ?? []), ...((own['required'] as string[]) ?? [])],
    };
  }, beside);
}

function draw<Item>(items: readonly Item[], { random }: InstanceOptions): Item {
  return items[Math.floor(random() * items.length)]!;
}

function bound(schema: Schema, name: string, fallback: number): number {
  const value = Number(schema[name]);
  return schema[name] === undefined || Number.isNaN(value) ? fallback : value;
}

function objectOf(schema: Schema, options: InstanceOptions, depth: number): Schema {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const names = Object.keys(properties).filter((name) => depth <= MAX_FREE_DEPTH || required.includes(name));
  const instance: Schema = Object.fromEntries(
    names.map((name) => [name, schemaInstance(properties[name], options, depth + 1)]),
  );
  for (const name of required) {
    if (typeof name === 'string' && !(name in instance)) instance[name] = options.words[0];
  }
  // An object that is left to the model: told so it fills it, else it stays empty, as with the vendors' models.
  if (depth === 0 && schema['additionalProperties'] === true && Object.keys(instance).length === 0) {
    const [topic, answer = topic] = options.words;
    return { topic, answer };
  }
  return instance;
}

function arrayOf(schema: Schema, options: InstanceOptions, depth: number): unknown[] {
  const least = bound(schema, 'minItems', 0);
  const most = bound(schema, 'maxItems', Infinity);
  const length = Math.min(most, Math.max(least, depth > MAX_FREE_DEPTH ? least : 2));
  const prefix: unknown[] = Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : [];
  const items: unknown[] = [];
  for (let index = 0; index < Math.max(length, prefix.length); index += 1) {
    const words = [...options.words.slice(index), ...options.words.slice(0, index)];
    items.push(schemaInstance(prefix[index] ?? schema['items'] ?? {}, { ...options, words }, depth + 1));
  }
  if (schema['uniqueItems'] !== true) return items;
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

function numberOf(schema: Schema, { random }: InstanceOptions, unit: number): number {
  const step = bound(schema, 'multipleOf', unit);
  const low = Math.max(
    bound(schema, 'minimum', -Infinity),
    bound(schema, 'exclusiveMinimum', -Infinity) + step,
  );
  const high = Math.min(
    bound(schema, 'maximum', Infinity),
    bound(schema, 'exclusiveMaximum', Infinity) - step,
  );
  const from = Number.isFinite(low) ? low : Math.min(1, high);
  const to = Math.min(high, from + 99);
  const first = Math.ceil(from / step);
  const count = Math.max(0, Math.floor(to / step) - first);
  return (first + Math.floor(random() * (count + 1))) * step;
}

function stringOf(schema: Schema, { words }: InstanceOptions): string {
  const known = FORMATS[String(schema['format'])];
  if (known !== undefined) return known;
  const least = bound(schema, 'minLength', 0);
  const most = bound(schema, 'maxLength', Infinity);
  if (typeof schema['pattern'] === 'string') {
    const pattern = new RegExp(schema['pattern'], 'u');
    const fits = (text: string): boolean => pattern.test(text) && text.length >= least && text.length <= most;
    const candidate = [...words, ...PATTERN_CANDIDATES, 'a'.repeat(least), '1'.repeat(least)].find(fits);
    if (candidate !== undefined) return candidate;
  }
  const word = words[0]!;
  return word
    .repeat(Math.max(1, Math.ceil(least / word.length)))
    .slice(0, Math.min(most, Math.max(least, word.length)));
}
