import { isObject } from '../is-object.ts';
import { AnthropicInvalid } from './anthropic-invalid.ts';

const TEXT_BLOCK_FIELDS = new Set(['type', 'text', 'cache_control', 'citations']);

/** The text of a string or of text blocks; anything else is refused as Anthropic does. */
export function readAnthropicContent(content: unknown, at: string): string {
  if (typeof content === 'string') return content;
  if (content === undefined) throw new AnthropicInvalid(`${at}: Field required`);
  if (!Array.isArray(content)) throw new AnthropicInvalid(`${at}: Input should be a valid list`);
  return content
    .map((block: unknown, index) => {
      if (!isObject(block)) throw new AnthropicInvalid(`${at}.${index}: Input should be an object`);
      if (block['type'] !== 'text') {
        throw new AnthropicInvalid(
          `${at}.${index}: Input tag '${String(block['type'])}' found using 'type' does not match any of the expected tags: 'text'`,
        );
      }
      if (typeof block['text'] !== 'string') {
        throw new AnthropicInvalid(`${at}.${index}.text.text: Field required`);
      }
      const extra = Object.keys(block).find((field) => !TEXT_BLOCK_FIELDS.has(field));
      if (extra) throw new AnthropicInvalid(`${at}.${index}.text.${extra}: Extra inputs are not permitted`);
      if (block['text'] === '') throw new AnthropicInvalid('messages: text content blocks must be non-empty');
      return block['text'];
    })
    .join('');
}
