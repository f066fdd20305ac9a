import { contentText, type ChatRequest } from '@sluice/contracts';
import type { ProviderCall } from '../provider-adapter.ts';
import { parameterChanged } from '../request/parameter-warning.ts';
import type { RequestPart } from '../request/request-part.ts';
import type { OpenAiProfile } from './openai-profile.ts';

export interface AnswerFormatPart extends RequestPart {
  /** A system message to put first; null for none. */
  instruction: string | null;
}

/**
 * `response_format`: as it is where the server and model know it. A schema that they do not know is told in words
 * over `json_object`, and where `json_object` is refused without the word JSON, it is said.
 */
export function answerFormat(
  { request, entry, model }: ProviderCall,
  profile: OpenAiProfile,
): AnswerFormatPart {
  const format = request.response_format;
  const none: AnswerFormatPart = { fields: {}, warnings: [], instruction: null };
  if (!format) return none;
  if (format.type === 'text') return { ...none, fields: { response_format: { type: 'text' } } };
  const knowsSchemas =
    profile.jsonSchema && (entry.supports === undefined || entry.supports.includes('response_schema'));
  if (format.type === 'json_schema' && knowsSchemas) {
    return { ...none, fields: { response_format: structuredClone(format) } };
  }
  const fields = { response_format: { type: 'json_object' } };
  if (format.type === 'json_schema') {
    const { schema = { type: 'object' }, description } = format.json_schema;
    const about = description === undefined ? '' : ` ${description}`;
    return {
      fields,
      instruction: `Answer with one JSON object that fits this JSON Schema.${about}\n${JSON.stringify(schema)}`,
      warnings: [
        parameterChanged(
          'response_format',
          `to json_object, with the schema in words, as ${model} knows no schemas`,
        ),
      ],
    };
  }
  if (!profile.wantsWordJson || saysJson(request)) return { ...none, fields };
  return {
    fields,
    instruction: 'Answer with one JSON object.',
    warnings: [
      parameterChanged('messages', 'an instruction to answer in JSON was added, without which it is refused'),
    ],
  };
}

function saysJson({ messages }: ChatRequest): boolean {
  return messages.some(({ content }) => /json/i.test(contentText(content)));
}
