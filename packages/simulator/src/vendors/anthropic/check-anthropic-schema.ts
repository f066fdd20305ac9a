import { isObject } from '../is-object.ts';
import { AnthropicInvalid } from './anthropic-invalid.ts';
import { textOf } from '../text-of.ts';

const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];
/** Keywords that constrained output can not enforce, by type. Source: Anthropic "Structured outputs". */
const UNSUPPORTED: Readonly<Record<string, readonly string[]>> = {
  integer: ['maximum', 'minimum', 'exclusiveMaximum', 'exclusiveMinimum', 'multipleOf'],
  number: ['maximum', 'minimum', 'exclusiveMaximum', 'exclusiveMinimum', 'multipleOf'],
  string: ['maxLength', 'minLength'],
  array: ['maxItems', 'uniqueItems', 'contains', 'prefixItems'],
  object: ['maxProperties', 'minProperties', 'patternProperties', 'propertyNames'],
};
const BANNED = ['oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas', 'dependentRequired'];
const FORMATS = ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'];

function partsOf(node: Record<string, unknown>): unknown[] {
  const lists = ['anyOf', 'allOf', 'oneOf', 'prefixItems'].flatMap((name) =>
    Array.isArray(node[name]) ? (node[name] as unknown[]) : [],
  );
  const maps = ['properties', '$defs', 'definitions'].flatMap((name) =>
    isObject(node[name]) ? Object.values(node[name]) : [],
  );
  return [...lists, ...maps, ...(isObject(node['items']) ? [node['items']] : [])];
}

/** Refuses what is no JSON Schema at all, for example upper-case types. */
export function checkAnthropicJsonSchema(schema: unknown, at: string): void {
  const types: unknown[] = isObject(schema) ? [schema['type']].flat() : [];
  const isBad =
    (!isObject(schema) && typeof schema !== 'boolean') ||
    types.some((type) => type !== undefined && !TYPES.includes(textOf(type)));
  if (isBad) {
    throw new AnthropicInvalid(
      `${at}: JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12). Learn more about tool use at https://docs.claude.com/en/docs/tool-use.`,
    );
  }
  if (isObject(schema)) for (const part of partsOf(schema)) checkAnthropicJsonSchema(part, at);
}

function checkNode(node: unknown, at: string): void {
  if (!isObject(node)) return;
  const banned = BANNED.find((keyword) => keyword in node);
  if (banned !== undefined) throw new AnthropicInvalid(`${at}: Schema type '${banned}' is not supported`);
  for (const type of [node['type']].flat().map(textOf)) {
    if (type === 'object') {
      const open = node['additionalProperties'];
      if (open === undefined) {
        throw new AnthropicInvalid(
          `${at}: For 'object' type, 'additionalProperties' must be explicitly set to false`,
        );
      }
      if (open !== false) {
        throw new AnthropicInvalid(
          `${at}: For 'object' type, 'additionalProperties: ${isObject(open) ? 'object' : textOf(open)}' is not supported. Please set 'additionalProperties' to false`,
        );
      }
    }
    const bad = (UNSUPPORTED[type] ?? []).filter((keyword) => keyword in node);
    if (type === 'array' && Number(node['minItems'] ?? 0) > 1) {
      throw new AnthropicInvalid(
        `${at}: For 'array' type, 'minItems' values other than 0 or 1 are not supported`,
      );
    }
    if (bad.length > 0) {
      const what = bad.length === 1 ? `property '${bad[0]}' is` : `properties ${bad.join(', ')} are`;
      throw new AnthropicInvalid(`${at}: For '${type}' type, ${what} not supported`);
    }
  }
  if (typeof node['format'] === 'string' && !FORMATS.includes(node['format'])) {
    throw new AnthropicInvalid(`${at}: String format '${node['format']}' is not supported`);
  }
  for (const part of partsOf(node)) checkNode(part, at);
}

function checkReferences(
  node: unknown,
  root: Record<string, unknown>,
  at: string,
  path: readonly string[],
): void {
  if (!isObject(node)) return;
  const reference = node['$ref'];
  if (typeof reference === 'string') {
    if (!reference.startsWith('#/')) {
      throw new AnthropicInvalid(`${at}: External schema references are not supported: ${reference}`);
    }
    if (path.includes(reference)) {
      throw new AnthropicInvalid(`${at}: Circular reference detected in schema definitions: ${reference}`);
    }
    const target = reference
      .slice(2)
      .split('/')
      .reduce<unknown>((found, part) => (isObject(found) ? found[part] : undefined), root);
    if (target === undefined)
      throw new AnthropicInvalid(`${at}: Unresolvable schema reference: ${reference}`);
    checkReferences(target, root, at, [...path, reference]);
  }
  const { $defs: _defs, definitions: _definitions, ...own } = node;
  for (const part of partsOf(own)) checkReferences(part, root, at, path);
}

/** Refuses what constrained output can not do: `output_config.format` and strict tools. */
export function checkAnthropicStrictSchema(schema: Record<string, unknown>, at: string): void {
  checkAnthropicJsonSchema(schema, at);
  checkNode(schema, at);
  checkReferences(schema, schema, at, []);
}
