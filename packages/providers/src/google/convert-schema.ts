import type { JsonSchema, Warning } from '@sluice/contracts';
import { inlineReferences } from '@sluice/core';
import { UnsendableRequest } from '../errors/unsendable-request.ts';
import { parameterChanged } from '../request/parameter-warning.ts';
import type { GeminiSchema } from '../schema/gemini-schema.ts';
import { toGeminiJsonSchema } from '../schema/to-gemini-json-schema.ts';
import { toGeminiSchema } from '../schema/to-gemini-schema.ts';
import { isSince, type GeminiModel } from './gemini-model.ts';

export type GoogleSchema =
  | { form: 'openapi'; schema: GeminiSchema; warnings: Warning[] }
  | { form: 'json'; schema: Record<string, unknown>; warnings: Warning[] };

/**
 * A JSON Schema in the form that the model takes: JSON Schema since 2.5, OpenAPI before. Throws `UnsendableRequest`
 * for a recursive schema. `param` names the schema in warnings and errors.
 */
export function convertSchema(
  schema: JsonSchema,
  { param, model }: { param: string; model: GeminiModel },
): GoogleSchema {
  const inlined = inlineReferences(schema);
  if (inlined.status === 'refused') {
    const what = inlined.recursive ? 'Gemini takes no recursive JSON Schema' : 'the JSON Schema is malformed';
    throw new UnsendableRequest(`${param}: ${what}: ${inlined.message}.`);
  }
  const warningsOf = (lost: readonly string[]): Warning[] =>
    lost.length === 0 ? [] : [parameterChanged(param, `Gemini knows no ${lost.join(', ')} in a JSON Schema`)];
  if (isSince(model, 2.5)) {
    const { schema: converted, lost } = toGeminiJsonSchema(inlined.schema);
    return { form: 'json', schema: converted, warnings: warningsOf(lost) };
  }
  const { schema: converted, lost } = toGeminiSchema(inlined.schema);
  return { form: 'openapi', schema: converted, warnings: warningsOf(lost) };
}
