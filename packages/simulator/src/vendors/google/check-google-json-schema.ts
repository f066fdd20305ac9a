import { isObject } from '../is-object.ts';
import { GoogleInvalid } from './google-invalid.ts';
import { textOf } from '../text-of.ts';

/** Keywords that the JSON Schema fields take. Source: Gemini API reference, `responseJsonSchema`. */
const KEYWORDS = new Set([
  '$id',
  '$defs',
  '$ref',
  '$anchor',
  '$schema',
  'type',
  'format',
  'title',
  'description',
  'enum',
  'items',
  'prefixItems',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
  'anyOf',
  'oneOf',
  'properties',
  'additionalProperties',
  'required',
  'propertyOrdering',
]);
const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'];

function resolve(reference: string, root: unknown): unknown {
  return reference
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .reduce<unknown>((at, part) => (isObject(at) ? at[part] : undefined), root);
}

/** Refuses what is no JSON Schema: unknown types, references to nothing. Other keywords than these are ignored. */
export function checkGoogleJsonSchema(schema: unknown, proto: string, root: unknown = schema): void {
  if (typeof schema === 'boolean') return;
  if (!isObject(schema)) throw new GoogleInvalid(`* ${proto}: schema must be a boolean or an object\n`);
  const types = [schema['type']].flat().filter((type) => type !== undefined);
  const bad = types.find((type) => !TYPES.includes(textOf(type)));
  if (bad !== undefined)
    throw new GoogleInvalid(`* ${proto}.type: unsupported type ${JSON.stringify(bad)}\n`);
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    if (resolve(reference, root) === undefined) {
      throw new GoogleInvalid(`* ${proto}.$ref: reference to undefined schema at ${reference}\n`);
    }
    const beside = Object.keys(schema).find((keyword) => !keyword.startsWith('$'));
    if (beside !== undefined) {
      throw new GoogleInvalid(`* ${proto}.${beside}: must not be set alongside $ref\n`);
    }
  }
  for (const [keyword, value] of Object.entries(schema)) {
    if (!KEYWORDS.has(keyword)) continue;
    const below = `${proto}.${keyword}`;
    if ((keyword === 'properties' || keyword === '$defs') && isObject(value)) {
      for (const [name, part] of Object.entries(value))
        checkGoogleJsonSchema(part, `${below}[${name}]`, root);
    } else if (['anyOf', 'oneOf', 'prefixItems'].includes(keyword) && Array.isArray(value)) {
      value.forEach((part, index) => checkGoogleJsonSchema(part, `${below}[${index}]`, root));
    } else if (keyword === 'items' || keyword === 'additionalProperties') {
      checkGoogleJsonSchema(value, below, root);
    }
  }
}
