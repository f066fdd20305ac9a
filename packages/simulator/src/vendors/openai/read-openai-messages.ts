import { isObject } from '../is-object.ts';
import type { SimulatedChat } from '../vendor-wire.ts';
import { OpenaiInvalid } from './openai-invalid.ts';

const ROLES = ['system', 'assistant', 'user', 'function', 'tool', 'developer'];
const MESSAGE_FIELDS = new Set(['role', 'content', 'name', 'refusal']);

function readContent(content: unknown, param: string): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content) || content.length === 0) {
    const got = content === null || content === undefined ? 'null' : 'an object';
    throw new OpenaiInvalid(`Invalid value for '${param}': expected a string, got ${got}.`, {
      param,
      code: null,
    });
  }
  return content
    .map((part: unknown, index) => {
      if (!isObject(part) || part['type'] !== 'text' || typeof part['text'] !== 'string') {
        const type = isObject(part) ? String(part['type']) : typeof part;
        throw new OpenaiInvalid(`Invalid value: '${type}'. Supported values are: 'text'.`, {
          param: `${param}[${index}].type`,
          code: 'invalid_value',
        });
      }
      return part['text'];
    })
    .join('');
}

/** The conversation of a chat-completions request in text, or OpenAI's refusal. `lenient` lets unknown fields pass. */
export function readOpenaiMessages(
  messages: unknown,
  { lenient }: { lenient: boolean },
): SimulatedChat['turns'] {
  if (messages === undefined || messages === null) {
    throw new OpenaiInvalid("Missing required parameter: 'messages'.", {
      param: 'messages',
      code: 'missing_required_parameter',
    });
  }
  if (!Array.isArray(messages)) {
    throw new OpenaiInvalid(
      `Invalid type for 'messages': expected an array of objects, but got ${typeof messages === 'string' ? 'a string' : 'an object'} instead.`,
      { param: 'messages', code: 'invalid_type' },
    );
  }
  if (messages.length === 0) {
    throw new OpenaiInvalid(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      { param: 'messages', code: 'empty_array' },
    );
  }
  return messages.map((message: unknown, index) => {
    const at = `messages[${index}]`;
    if (!isObject(message)) {
      throw new OpenaiInvalid(`Invalid type for '${at}': expected an object.`, {
        param: at,
        code: 'invalid_type',
      });
    }
    const role = message['role'];
    if (typeof role !== 'string') {
      throw new OpenaiInvalid(`Missing required parameter: '${at}.role'.`, {
        param: `${at}.role`,
        code: 'missing_required_parameter',
      });
    }
    if (!ROLES.includes(role)) {
      throw new OpenaiInvalid(
        `Invalid value: '${role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.`,
        { param: `${at}.role`, code: 'invalid_value' },
      );
    }
    if (role === 'tool' || role === 'function') {
      throw new OpenaiInvalid(
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        { param: `${at}.role`, code: null },
      );
    }
    const extra = Object.keys(message).find((field) => !MESSAGE_FIELDS.has(field));
    if (extra && !lenient) {
      throw new OpenaiInvalid(`Unknown parameter: '${at}.${extra}'.`, {
        param: `${at}.${extra}`,
        code: 'unknown_parameter',
      });
    }
    const text = readContent(message['content'], `${at}.content`);
    return { role: role === 'developer' ? 'system' : (role as 'system' | 'user' | 'assistant'), text };
  });
}
