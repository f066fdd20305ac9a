import { isObject } from '../is-object.ts';
import { openaiRefuse } from './openai-refuse.ts';
import { openaiTypeName } from './openai-type-name.ts';

/** An object with no fields but these; `lenient` ignores others, as compatible servers do. */
export function openaiFields(
  value: unknown,
  { at, fields, lenient }: { at: string; fields: readonly string[]; lenient: boolean },
): Record<string, unknown> {
  if (!isObject(value)) {
    return openaiRefuse(
      `Invalid type for '${at}': expected an object, but got ${openaiTypeName(value)} instead.`,
      at,
      'invalid_type',
    );
  }
  const extra = Object.keys(value).find((field) => !fields.includes(field));
  if (extra !== undefined && !lenient) {
    openaiRefuse(`Unknown parameter: '${at}.${extra}'.`, `${at}.${extra}`, 'unknown_parameter');
  }
  return value;
}
