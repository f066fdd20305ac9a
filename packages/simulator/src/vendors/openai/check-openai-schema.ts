import { isObject } from '../is-object.ts';
import { openaiRefuse } from './openai-refuse.ts';
import { textOf } from '../text-of.ts';

export interface SchemaContext {
  /** `function 'name'` or `response_format 'name'`. */
  subject: string;
  param: string;
  code: string | null;
  strict: boolean;
}

const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];
const NOT_PERMITTED = [
  'allOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'patternProperties',
];
const MAX_DEPTH = 10;

function contextOf(path: readonly string[]): string {
  if (path.length === 1) return `('${path[0]}',)`;
  return `(${path.map((part) => `'${part}'`).join(', ')})`;
}

/**
 * Refuses what OpenAI refuses in a JSON Schema: always what no schema may be; with `strict` also what structured
 * outputs can not do. Source: OpenAI "Structured outputs", supported schemas.
 */
export function checkOpenaiSchema(schema: unknown, context: SchemaContext): void {
  const fail = (path: readonly string[], what: string): never =>
    openaiRefuse(
      `Invalid schema for ${context.subject}: In context=${contextOf(path)}, ${what}`,
      context.param,
      context.code,
    );

  function checkObject(node: Record<string, unknown>, path: string[]): void {
    const properties = isObject(node['properties']) ? node['properties'] : {};
    if (!context.strict) return;
    if (node['additionalProperties'] !== false) {
      fail(path, "'additionalProperties' is required to be supplied and to be false.");
    }
    const required: unknown[] = Array.isArray(node['required']) ? node['required'] : [];
    const missing = Object.keys(properties).find((name) => !required.includes(name));
    if (missing !== undefined) {
      fail(
        path,
        `'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`,
      );
    }
    const extra = required.find((name) => !(textOf(name) in properties));
    if (extra !== undefined)
      fail(
        path,
        `'required' is required to be supplied and to be an array including every key in properties. Extra required key '${textOf(extra)}' supplied.`,
      );
  }

  function check(node: unknown, path: string[], depth: number): void {
    if (typeof node === 'boolean' && !context.strict) return;
    if (!isObject(node)) return fail(path, `${JSON.stringify(node)} is not of type 'object', 'boolean'.`);
    const types: unknown[] = Array.isArray(node['type']) ? node['type'] : [node['type']];
    const unknown = types.find((type) => type !== undefined && !TYPES.includes(textOf(type)));
    if (unknown !== undefined)
      fail(path, `'${textOf(unknown)}' is not valid under any of the given schemas.`);
    if (types.includes('array') && !('items' in node) && !('prefixItems' in node)) {
      fail(path, 'array schema missing items.');
    }
    if (context.strict) {
      const banned = NOT_PERMITTED.find((keyword) => keyword in node);
      if (banned !== undefined) fail(path, `'${banned}' is not permitted.`);
      if (depth > MAX_DEPTH) fail(path, `${depth} levels of nesting exceeds limit of ${MAX_DEPTH}.`);
      const typed = ['type', '$ref', 'anyOf', 'enum', 'const'].some((keyword) => keyword in node);
      if (!typed) fail(path, "schema must have a 'type' key.");
    }
    if (typeof node['$ref'] === 'string' && !resolves(node['$ref'], schema)) {
      fail(path, `reference to component '${node['$ref']}' which was not found in the schema.`);
    }
    if (types.includes('object') || isObject(node['properties'])) checkObject(node, path);
    for (const group of ['properties', '$defs', 'definitions']) {
      if (!isObject(node[group])) continue;
      for (const [name, part] of Object.entries(node[group])) {
        check(part, [...path, group, name], group === 'properties' ? depth + 1 : 1);
      }
    }
    if (isObject(node['items'])) check(node['items'], [...path, 'items'], depth + 1);
    for (const group of ['anyOf', 'oneOf', 'allOf', 'prefixItems']) {
      const list: unknown = node[group];
      if (Array.isArray(list))
        list.forEach((part, index) => check(part, [...path, group, textOf(index)], depth));
    }
  }

  if (!isObject(schema) || schema['type'] !== 'object') {
    const got = isObject(schema) && schema['type'] !== undefined ? JSON.stringify(schema['type']) : '"None"';
    openaiRefuse(
      `Invalid schema for ${context.subject}: schema must be a JSON Schema of 'type: "object"', got 'type: ${got}'.`,
      context.param,
      context.code,
    );
  }
  if (context.strict && 'anyOf' in schema) fail([], "'anyOf' is not permitted.");
  check(schema, [], 1);
}

function resolves(reference: string, root: unknown): boolean {
  if (reference === '#') return true;
  const found = reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((at, part) => (isObject(at) ? at[part] : undefined), root);
  return found !== undefined;
}
