import { isJsonObject, type JsonObject } from '../request/json-object.ts';
import { mergeAllOf, mergeSchemas } from './merge-all-of.ts';

/** A schema in the few terms that both of Gemini's forms are made from. */
export interface SimpleSchema {
  /** JSON Schema's names, `null` apart; none: not said. */
  types: readonly string[];
  nullable: boolean;
  /** Alternatives, two or more; each holds what the schema says besides. */
  anyOf: readonly unknown[] | null;
  /** Of `enum` and `const`, without null. */
  values: readonly unknown[] | null;
  /** `prefixItems`, also as the list that `items` was in older drafts. */
  tuple: readonly unknown[] | null;
  items: unknown;
  rest: JsonObject;
}

/** Reads a schema whose references are inlined. `lost` gets the keywords that are given up. */
export function simpleSchema(raw: JsonObject, lost: Set<string>): SimpleSchema {
  const merged = mergeAllOf(raw, lost);
  const { type, anyOf, oneOf, enum: listed, const: constant, nullable, ...others } = merged;
  if (Array.isArray(anyOf) && Array.isArray(oneOf)) lost.add('oneOf');
  const declared = (Array.isArray(type) ? type : [type]).filter((name) => typeof name === 'string');
  const types = declared.filter((name) => name !== 'null');
  const values = 'const' in merged ? [constant] : Array.isArray(listed) ? (listed as unknown[]) : null;
  const known = values?.filter((value) => value !== null) ?? null;
  const alternatives = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : null;
  const real = alternatives?.filter((alternative) => !isNull(alternative)) ?? null;
  const simple: SimpleSchema = {
    types: types.length === 0 && known && known.length > 0 ? typesOf(known) : types,
    nullable:
      nullable === true ||
      declared.includes('null') ||
      (values !== null && values.includes(null)) ||
      (real !== null && real.length < (alternatives?.length ?? 0)),
    anyOf: null,
    values: known && known.length > 0 ? known : null,
    ...itemsOf(others),
  };
  if (!real || real.length === 0) return simple;
  const all: JsonObject = {
    ...others,
    ...(declared.length > 0 ? { type } : {}),
    ...(known ? { enum: known } : {}),
  };
  const { title, description, ...shared } = all;
  const whole = real.map((one) =>
    isJsonObject(one) ? mergeSchemas(mergeAllOf(one, lost), shared, lost) : one,
  );
  const [only] = whole;
  if (whole.length > 1)
    return {
      ...simple,
      types: [],
      values: null,
      tuple: null,
      items: undefined,
      anyOf: whole,
      rest: said({ title, description }),
    };
  if (!isJsonObject(only)) return simple;
  const inner = simpleSchema({ ...only, ...said({ title, description }) }, lost);
  return { ...inner, nullable: inner.nullable || simple.nullable };
}

function itemsOf({
  items,
  prefixItems,
  ...rest
}: JsonObject): Pick<SimpleSchema, 'items' | 'tuple' | 'rest'> {
  if (Array.isArray(prefixItems)) return { tuple: prefixItems, items, rest };
  return Array.isArray(items) ? { tuple: items, items: undefined, rest } : { tuple: null, items, rest };
}

function isNull(schema: unknown): boolean {
  if (!isJsonObject(schema)) return false;
  const { type, enum: values } = schema;
  if ('const' in schema) return schema['const'] === null;
  if (Array.isArray(values)) return values.every((value) => value === null);
  return type === 'null' || (Array.isArray(type) && type.length === 1 && type[0] === 'null');
}

function typesOf(values: readonly unknown[]): string[] {
  const names = values.map((value) => {
    if (Array.isArray(value)) return 'array';
    if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
    return typeof value;
  });
  return names.includes('number')
    ? [...new Set(names.filter((name) => name !== 'integer'))]
    : [...new Set(names)];
}

function said(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
