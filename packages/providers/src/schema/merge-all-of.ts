import { isJsonObject, type JsonObject } from '../request/json-object.ts';

const TIGHTER: Readonly<Record<string, (left: number, right: number) => number>> = {
  minimum: Math.max,
  exclusiveMinimum: Math.max,
  minLength: Math.max,
  minItems: Math.max,
  minProperties: Math.max,
  maximum: Math.min,
  exclusiveMaximum: Math.min,
  maxLength: Math.min,
  maxItems: Math.min,
  maxProperties: Math.min,
};
/** What says the same of a value in other words, so that the first of two is enough. */
const ANNOTATIONS: ReadonlySet<string> = new Set(['title', 'description', 'default', 'examples', '$comment']);

/** A schema without its `allOf`, whose parts are merged into it; `lost` gets what can't be said in one schema. */
export function mergeAllOf(schema: JsonObject, lost: Set<string>): JsonObject {
  const { allOf, ...own } = schema;
  if (!Array.isArray(allOf)) return schema;
  return allOf
    .filter(isJsonObject)
    .map((part) => mergeAllOf(part, lost))
    .reduce((merged, part) => mergeSchemas(merged, part, lost), own);
}

/** A schema for values that fit both; where the two contradict, `first` wins. */
export function mergeSchemas(first: JsonObject, second: JsonObject, lost: Set<string>): JsonObject {
  const merged: JsonObject = { ...first };
  for (const [keyword, value] of Object.entries(second)) {
    const before = merged[keyword];
    merged[keyword] = before === undefined ? value : both(keyword, before, value, lost);
  }
  return merged;
}

function both(keyword: string, left: unknown, right: unknown, lost: Set<string>): unknown {
  if (ANNOTATIONS.has(keyword) || JSON.stringify(left) === JSON.stringify(right)) return left;
  const tighter = TIGHTER[keyword];
  if (tighter && typeof left === 'number' && typeof right === 'number') return tighter(left, right);
  if (keyword === 'required' && Array.isArray(left) && Array.isArray(right))
    return [...new Set<unknown>([...left, ...right])];
  if (keyword === 'enum' && Array.isArray(left) && Array.isArray(right)) {
    const common = left.filter((value) => right.includes(value));
    if (common.length > 0) return common;
  }
  if (keyword === 'properties' && isJsonObject(left) && isJsonObject(right)) {
    return mergeProperties(left, right);
  }
  if (keyword === 'additionalProperties' && (left === false || right === false)) return false;
  lost.add('allOf');
  return left;
}

function mergeProperties(left: JsonObject, right: JsonObject): JsonObject {
  const merged = new Map(Object.entries(left));
  for (const [name, schema] of Object.entries(right)) {
    merged.set(name, merged.has(name) ? { allOf: [merged.get(name), schema] } : schema);
  }
  return Object.fromEntries(merged);
}
