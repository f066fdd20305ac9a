import { isObject } from '../is-object.ts';
import { GoogleInvalid } from './google-invalid.ts';
import { googleObject } from './google-object.ts';
import { googleViolation } from './google-violation.ts';
import { textOf } from '../text-of.ts';

/** Fields of the proto `Schema`, OpenAPI's subset. Source: Gemini API reference, "Caching", Schema. */
const FIELDS = new Set([
  'type',
  'format',
  'title',
  'description',
  'nullable',
  'enum',
  'maxItems',
  'minItems',
  'properties',
  'required',
  'minProperties',
  'maxProperties',
  'minLength',
  'maxLength',
  'pattern',
  'example',
  'anyOf',
  'propertyOrdering',
  'default',
  'items',
  'minimum',
  'maximum',
]);
const TYPES = ['STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'ARRAY', 'OBJECT', 'NULL'];
const MAX_DEPTH = 32;

/** `at` is the JSON path, `proto` the name in proto messages. */
interface Place {
  at: string;
  proto: string;
}

function checkType(type: unknown, { at }: Place): string | null {
  if (type === undefined) return null;
  if (Array.isArray(type)) {
    googleViolation(`${at}.type`, `Proto field is not repeating, cannot start list at '${at}.type'.`);
  }
  const name = textOf(type).toUpperCase();
  if (!TYPES.includes(name)) {
    googleViolation(
      `${at}.type`,
      `Invalid value at '${at}.type' (type.googleapis.com/google.ai.generativelanguage.v1beta.Type), ${JSON.stringify(type)}`,
    );
  }
  return name;
}

function checkEnum(values: unknown, type: string | null, { at, proto }: Place): void {
  if (values === undefined) return;
  const list: unknown[] = Array.isArray(values) ? values : [values];
  list.forEach((value, index) => {
    if (typeof value !== 'string') {
      googleViolation(
        `${at}.enum[${index}]`,
        `Invalid value at '${at}.enum[${index}]' (TYPE_STRING), ${JSON.stringify(value)}`,
      );
    }
    if (value === '') throw new GoogleInvalid(`* ${proto}.enum[${index}]: cannot be empty\n`);
  });
  if (type !== 'STRING') throw new GoogleInvalid(`* ${proto}.enum: only allowed for STRING type\n`);
}

/** Refuses what Google's `Schema` has no field for (`$ref`, `const`, `additionalProperties`, lists of types, …). */
export function checkGoogleSchema(value: unknown, place: Place, depth = 0): void {
  const { at, proto } = place;
  const schema = googleObject(value, FIELDS, at);
  if (depth > MAX_DEPTH)
    throw new GoogleInvalid(`* ${proto}: schema exceeds the maximum allowed nesting depth\n`);
  const type = checkType(schema['type'], place);
  checkEnum(schema['enum'], type, place);
  const format = schema['format'];
  if (type === 'STRING' && format !== undefined && format !== 'enum' && format !== 'date-time') {
    throw new GoogleInvalid(`* ${proto}.format: only 'enum' and 'date-time' are supported for STRING type\n`);
  }
  const properties = schema['properties'];
  if (type === 'OBJECT' && isObject(properties) && Object.keys(properties).length === 0) {
    throw new GoogleInvalid(`* ${proto}.properties: should be non-empty for OBJECT type\n`);
  }
  if (type === 'ARRAY' && schema['items'] === undefined) {
    throw new GoogleInvalid(`* ${proto}.items: missing field.\n`);
  }
  const names = isObject(properties) ? Object.keys(properties) : [];
  const required: unknown[] = Array.isArray(schema['required']) ? schema['required'] : [];
  const undefinedName = required.findIndex((name) => !names.includes(textOf(name)));
  if (undefinedName >= 0) {
    throw new GoogleInvalid(`* ${proto}.required[${undefinedName}]: property is not defined\n`);
  }
  if (isObject(properties)) {
    for (const [name, part] of Object.entries(properties)) {
      const below = {
        at: `${at}.properties[${names.indexOf(name)}].value`,
        proto: `${proto}.properties[${name}]`,
      };
      checkGoogleSchema(part, below, depth + 1);
    }
  }
  if (schema['items'] !== undefined) {
    checkGoogleSchema(schema['items'], { at: `${at}.items`, proto: `${proto}.items` }, depth + 1);
  }
  const anyOf: unknown = schema['anyOf'];
  if (Array.isArray(anyOf)) {
    anyOf.forEach((part, index) =>
      checkGoogleSchema(
        part,
        { at: `${at}.any_of[${index}]`, proto: `${proto}.any_of[${index}]` },
        depth + 1,
      ),
    );
  }
}
