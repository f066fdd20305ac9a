import type { JsonSchema } from '@sluice/contracts';
import type { ProviderCall } from '../provider-adapter.ts';
import { parameterChanged } from '../request/parameter-warning.ts';
import { convertSchema } from './convert-schema.ts';
import { geminiModel, isSince } from './gemini-model.ts';
import type { GenerationConfig } from './google-body.ts';
import type { GoogleFields } from './google-fields.ts';

type Fields = Pick<GenerationConfig, 'responseMimeType' | 'responseSchema' | 'responseJsonSchema'>;

export interface AnswerFormat extends GoogleFields<Fields> {
  /** To be added to the system instructions, where the API can't hold the model to a format; else null. */
  instruction: string | null;
}

const MIME_TYPE = 'application/json';

/**
 * `response_format`. Models before Gemini 3 refuse it together with tools: then the model is asked for the format
 * in words.
 */
export function answerFormat({ request, model: name }: ProviderCall): AnswerFormat {
  const format = request.response_format;
  if (!format || format.type === 'text') return { fields: {}, warnings: [], instruction: null };
  const model = geminiModel(name);
  const schema =
    format.type === 'json_schema' ? (format.json_schema.schema as JsonSchema | undefined) : undefined;
  if (request.tools && request.tools.length > 0 && request.tool_choice !== 'none' && !isSince(model, 3)) {
    const how = 'asked for in words, as the model takes no response format together with tools';
    const ask = 'When you answer without calling a function, answer with JSON only, without a code fence';
    return {
      fields: {},
      warnings: [parameterChanged('response_format', how)],
      instruction: schema ? `${ask}, that fits this JSON Schema: ${JSON.stringify(schema)}` : `${ask}.`,
    };
  }
  if (!schema) return { fields: { responseMimeType: MIME_TYPE }, warnings: [], instruction: null };
  const converted = convertSchema(schema, { param: 'response_format.json_schema.schema', model });
  return {
    fields: {
      responseMimeType: MIME_TYPE,
      ...(converted.form === 'json'
        ? { responseJsonSchema: converted.schema }
        : { responseSchema: converted.schema }),
    },
    warnings: converted.warnings,
    instruction: null,
  };
}
