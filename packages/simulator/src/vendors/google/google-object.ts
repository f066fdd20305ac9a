import { isObject } from '../is-object.ts';
import { GoogleInvalid } from './google-invalid.ts';

/** `maxOutputTokens` and `max_output_tokens` name the same proto field. */
function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

/** A JSON object read as a proto message: names in either case, unknown ones refused with all their names. */
export function googleObject(
  value: unknown,
  fields: ReadonlySet<string>,
  at: string,
): Record<string, unknown> {
  if (!isObject(value)) {
    const place = at === '' ? 'request body' : `'${at}'`;
    throw new GoogleInvalid(`Invalid JSON payload received. Unexpected value at ${place}.`);
  }
  const entries = Object.entries(value).map(([name, item]) => ({ name, field: camel(name), item }));
  const unknown = entries.filter(({ field }) => !fields.has(field));
  if (unknown.length > 0) {
    const violations = unknown.map(({ name }) => ({
      field: at,
      description: `Invalid JSON payload received. Unknown name "${name}"${at === '' ? '' : ` at '${at}'`}: Cannot find field.`,
    }));
    throw new GoogleInvalid(violations.map(({ description }) => description).join('\n'), violations);
  }
  return Object.fromEntries(entries.map(({ field, item }) => [field, item]));
}
