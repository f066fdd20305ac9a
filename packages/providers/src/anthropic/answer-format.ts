import type { Tool } from '@anthropic-ai/sdk/resources/messages';
import type { JsonSchema, Warning } from '@sluice/contracts';
import { UnsendableRequest } from '../errors/unsendable-request.ts';
import type { ProviderCall } from '../provider-adapter.ts';
import type { JsonObject } from '../request/json-object.ts';
import { parameterChanged } from '../request/parameter-warning.ts';
import { isRecursive } from './is-recursive.ts';
import { toInputSchema } from './to-input-schema.ts';
import { toOutputSchema } from './to-output-schema.ts';
import { toToolName } from './to-tool-name.ts';

/** How a JSON answer is had from the model. */
export type AnswerFormat =
  | { way: 'text' }
  /** `output_config.format`. */
  | { way: 'native'; schema: JsonObject; warnings: Warning[] }
  /** A tool whose arguments are the answer; what it gets is unwrapped to content. */
  | { way: 'tool'; tool: Tool; warnings: Warning[] };

/**
 * An object of whatever the model thinks fit. Told of an object alone, models give an empty one.
 * Source: Anthropic's cookbook "Extracting structured JSON", open-ended schemas.
 */
const OPEN_OBJECT: JsonObject = { type: 'object', properties: {}, additionalProperties: true };

/** Source: Anthropic's guide "Structured outputs"; models before 4.5 only know tools. */
export function answerFormat({ request, entry }: ProviderCall): AnswerFormat {
  const format = request.response_format;
  if (!format || format.type === 'text') return { way: 'text' };
  const wanted =
    format.type === 'json_schema' ? format.json_schema : { name: 'json', description: undefined };
  const schema = 'schema' in wanted ? wanted.schema : undefined;
  const isNative = entry.supports?.includes('structured_outputs') ?? false;
  const recursive = isNative && schema !== undefined && isRecursive(schema as JsonSchema);
  if (schema && isNative && !recursive) {
    const output = toOutputSchema(schema);
    return { way: 'native', schema: output.schema, warnings: loosenedWarnings(output.loosened) };
  }
  if (schema && schema['type'] !== undefined && schema['type'] !== 'object') {
    throw new UnsendableRequest(
      'response_format: this model answers only by schemas whose type is "object".',
    );
  }
  const input = toInputSchema((schema ?? OPEN_OBJECT) as JsonObject);
  const taken = new Set(request.tools?.map((tool) => tool.function.name));
  const description =
    wanted.description ?? 'Gives the answer to the user. Call it once, with the whole answer.';
  return {
    way: 'tool',
    tool: {
      name: freeName(toToolName(wanted.name), taken),
      description,
      input_schema: input.schema as Tool.InputSchema,
    },
    warnings: [
      ...(recursive
        ? [parameterChanged('response_format', 'the model is not held to the schema, as it is recursive')]
        : []),
      ...loosenedWarnings(input.loosened),
    ],
  };
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let nth = 2; taken.has(free); nth += 1) free = `${name.slice(0, 60)}_${nth}`;
  return free;
}

function loosenedWarnings(loosened: readonly string[]): Warning[] {
  if (loosened.length === 0) return [];
  const how = `the model is told of ${loosened.join(', ')} in words, and not held to it`;
  return [parameterChanged('response_format', how)];
}
