import type { SimulatedChat, SimulatedTurn } from '../simulated-chat.ts';
import { checkOpenaiSchema } from './check-openai-schema.ts';
import { openaiFields } from './openai-fields.ts';
import { openaiRefuse } from './openai-refuse.ts';
import { readOpenaiString } from './read-openai-string.ts';

/** What form the answer must have, by `response_format`. */
export function readOpenaiOutput(
  body: Record<string, unknown>,
  { turns, lenient }: { turns: readonly SimulatedTurn[]; lenient: boolean },
): Pick<SimulatedChat, 'output'> {
  const value = body['response_format'];
  if (value === undefined || value === null) return {};
  const format = openaiFields(value, { at: 'response_format', fields: ['type', 'json_schema'], lenient });
  switch (format['type']) {
    case 'text':
      return {};
    case 'json_object':
      if (!lenient && !turns.some(({ text }) => /json/i.test(text))) {
        openaiRefuse(
          "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
          'messages',
        );
      }
      return { output: { kind: 'json_object' } };
    case 'json_schema': {
      const at = 'response_format.json_schema';
      if (format['json_schema'] === undefined) {
        openaiRefuse(`Missing required parameter: '${at}'.`, at, 'missing_required_parameter');
      }
      const fields = ['name', 'description', 'schema', 'strict'];
      const given = openaiFields(format['json_schema'], { at, fields, lenient });
      const name = readOpenaiString(given['name'], `${at}.name`, 64);
      if (!/^[a-zA-Z0-9_-]+$/.test(name)) {
        openaiRefuse(
          `Invalid '${at}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
          `${at}.name`,
          'invalid_value',
        );
      }
      if (given['schema'] === undefined) return { output: { kind: 'json_object' } };
      checkOpenaiSchema(given['schema'], {
        subject: `response_format '${name}'`,
        param: 'response_format',
        code: null,
        strict: given['strict'] === true && !lenient,
      });
      return { output: { kind: 'json_schema', schema: given['schema'] as Record<string, unknown> } };
    }
    default:
      return openaiRefuse(
        `Invalid value: '${String(format['type'])}'. Supported values are: 'json_object', 'json_schema', and 'text'.`,
        'response_format.type',
        'invalid_value',
      );
  }
}
