import type { JsonObject } from '../request/json-object.ts';

/** A schema's description with the keywords added that the schema itself can't carry; empty when there is nothing. */
export function toldInWords(
  { description }: Readonly<JsonObject>,
  keywords: readonly (readonly [keyword: string, value: unknown])[],
): { description?: string } {
  if (keywords.length === 0) return {};
  const before = typeof description === 'string' ? `${description} ` : '';
  const told = keywords.map(([keyword, value]) => `${keyword}: ${JSON.stringify(value)}`);
  return { description: `${before}{${told.join(', ')}}` };
}
