import { openaiRefuse } from './openai-refuse.ts';
import { openaiTypeName } from './openai-type-name.ts';

/** A string that is there and not too long, else OpenAI's refusal. */
export function readOpenaiString(value: unknown, at: string, maxLength = Infinity): string {
  if (value === undefined) {
    openaiRefuse(`Missing required parameter: '${at}'.`, at, 'missing_required_parameter');
  }
  if (typeof value !== 'string') {
    return openaiRefuse(
      `Invalid type for '${at}': expected a string, but got ${openaiTypeName(value)} instead.`,
      at,
      'invalid_type',
    );
  }
  if (value.length > maxLength) {
    openaiRefuse(
      `Invalid '${at}': string too long. Expected a string with maximum length ${maxLength}, but got a string with length ${value.length} instead.`,
      at,
      'string_above_max_length',
    );
  }
  return value;
}
