import type { JsonSchema } from '@sluice/contracts';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';

export interface SchemaBreach {
  /** JSON pointer into the value; `/` for the value itself. */
  path: string;
  message: string;
}

const MAX_COMPILED = 64;
/** Larger schemas are compiled each time, so that what is kept has a bound. */
const MAX_KEPT_BYTES = 65_536;
const compiled = new Map<string, ValidateFunction>();

/**
 * A check of values against a JSON Schema: of draft 2020-12, or of an earlier draft when `$schema` says so. `format`
 * only annotates, as that draft has it. Throws for what is no schema and for references to other documents. Takes as
 * long as the schema makes it: run it by `runBounded`.
 */
export function compileSchema(schema: JsonSchema): (value: unknown) => SchemaBreach | null {
  const text = JSON.stringify(schema);
  const check = compiled.get(text) ?? compile(text);
  if (text.length <= MAX_KEPT_BYTES) {
    compiled.delete(text);
    compiled.set(text, check);
    const oldest = compiled.keys().next().value;
    if (compiled.size > MAX_COMPILED && oldest !== undefined) compiled.delete(oldest);
  }
  return (value) => {
    if (check(value)) return null;
    const [error] = check.errors ?? [];
    return { path: error?.instancePath || '/', message: error?.message ?? 'is not as the schema wants it' };
  };
}

function compile(text: string): ValidateFunction {
  const { $schema: dialect, $id: _, ...schema } = JSON.parse(text) as JsonSchema;
  const Dialect = /draft-0[4-7]/.test(String(dialect)) ? Ajv : Ajv2020;
  const options = { strict: false, validateFormats: false, validateSchema: false, logger: false } as const;
  try {
    return new Dialect(options).compile(schema);
  } catch {
    // Patterns that are no Unicode expressions are common, and most of them are meant as they stand.
    return new Dialect({ ...options, unicodeRegExp: false }).compile(schema);
  }
}
