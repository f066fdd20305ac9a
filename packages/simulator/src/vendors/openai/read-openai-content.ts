import type { SimulatedMedia } from '../simulated-chat.ts';
import { isObject } from '../is-object.ts';
import { openaiFields } from './openai-fields.ts';
import { openaiRefuse } from './openai-refuse.ts';
import { OPENAI_MEDIA_READERS } from './read-openai-media.ts';
import { readOpenaiString } from './read-openai-string.ts';

const PART_FIELDS: Readonly<Record<string, string>> = {
  text: 'text',
  image_url: 'image_url',
  input_audio: 'input_audio',
  file: 'file',
  refusal: 'refusal',
};
const PART_TYPES: Readonly<Record<string, readonly string[]>> = {
  user: ['text', 'image_url', 'input_audio', 'file'],
  assistant: ['text', 'refusal'],
};

export interface OpenaiContent {
  text: string;
  media: SimulatedMedia[];
}

function supported(types: readonly string[]): string {
  const quoted = types.map((type) => `'${type}'`);
  const last = quoted.pop();
  return quoted.length === 0 ? `${last}` : `${quoted.join(', ')}${quoted.length > 1 ? ',' : ''} and ${last}`;
}

/** The content of one message: a string or parts that its role may hold. */
export function readOpenaiContent(
  content: unknown,
  {
    at,
    index,
    role,
    model,
    lenient,
  }: { at: string; index: number; role: string; model: string; lenient: boolean },
): OpenaiContent {
  if (typeof content === 'string') return { text: content, media: [] };
  if (!Array.isArray(content) || content.length === 0) {
    const got = content === null || content === undefined ? 'null' : 'an object';
    return openaiRefuse(`Invalid value for '${at}': expected a string, got ${got}.`, at);
  }
  const types = PART_TYPES[role] ?? ['text'];
  const media: SimulatedMedia[] = [];
  let text = '';
  content.forEach((part: unknown, number) => {
    const place = `${at}[${number}]`;
    const type = isObject(part) ? String(part['type']) : typeof part;
    if (type === 'image_url' && !types.includes(type)) {
      openaiRefuse(
        `Invalid 'messages[${index}]'. Image URLs are only allowed for messages with role 'user', but this message with role '${role}' contains an image URL.`,
        `messages[${index}]`,
        'invalid_value',
      );
    }
    const field = types.includes(type) ? PART_FIELDS[type] : undefined;
    if (!isObject(part) || field === undefined) {
      return openaiRefuse(
        `Invalid value: '${type}'. Supported values are: ${supported(types)}.`,
        `${place}.type`,
        'invalid_value',
      );
    }
    const fields = ['type', field, 'prompt_cache_breakpoint'];
    const known = openaiFields(part, { at: place, fields, lenient });
    const reader = OPENAI_MEDIA_READERS[type];
    if (reader) media.push(reader(known, { at: place, model, lenient }));
    else text += readOpenaiString(known[field], `${place}.${field}`);
  });
  return { text, media };
}
