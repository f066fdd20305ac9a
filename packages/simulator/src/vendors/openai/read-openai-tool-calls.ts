import type { SimulatedToolCall } from '../simulated-chat.ts';
import { openaiFields } from './openai-fields.ts';
import { openaiRefuse } from './openai-refuse.ts';
import { readOpenaiString } from './read-openai-string.ts';
import { textOf } from '../text-of.ts';

const MAX_ID_LENGTH = 40;

/** The calls of an assistant message; arguments are text and need not be JSON. */
export function readOpenaiToolCalls(
  calls: unknown,
  { at, lenient }: { at: string; lenient: boolean },
): SimulatedToolCall[] {
  if (calls === undefined || calls === null) return [];
  if (!Array.isArray(calls)) {
    return openaiRefuse(
      `Invalid type for '${at}': expected an array of objects, but got ${typeof calls} instead.`,
      at,
      'invalid_type',
    );
  }
  if (calls.length === 0) {
    openaiRefuse(
      `Invalid '${at}': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
      at,
      'empty_array',
    );
  }
  return calls.map((value: unknown, index) => {
    const place = `${at}[${index}]`;
    const call = openaiFields(value, { at: place, fields: ['id', 'type', 'function'], lenient });
    if (call['type'] !== 'function' && !lenient) {
      openaiRefuse(
        call['type'] === undefined
          ? `Missing required parameter: '${place}.type'.`
          : `Invalid value: '${textOf(call['type'])}'. Supported values are: 'function' and 'custom'.`,
        `${place}.type`,
        call['type'] === undefined ? 'missing_required_parameter' : 'invalid_value',
      );
    }
    const fields = ['name', 'arguments'];
    const called = openaiFields(call['function'], { at: `${place}.function`, fields, lenient });
    return {
      id: readOpenaiString(call['id'], `${place}.id`, lenient ? Infinity : MAX_ID_LENGTH),
      name: readOpenaiString(called['name'], `${place}.function.name`),
      arguments: readOpenaiString(called['arguments'], `${place}.function.arguments`),
    };
  });
}
