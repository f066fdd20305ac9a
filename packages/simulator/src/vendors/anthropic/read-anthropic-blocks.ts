import { isObject } from '../is-object.ts';
import { isSealOf } from '../seal.ts';
import type { SimulatedMedia } from '../simulated-chat.ts';
import type { AnthropicBlock } from './anthropic-block.ts';
import { anthropicFields } from './anthropic-fields.ts';
import { AnthropicInvalid } from './anthropic-invalid.ts';
import { readAnthropicDocument, readAnthropicImage } from './read-anthropic-source.ts';
import { readAnthropicString } from './read-anthropic-string.ts';
import { readCacheControl } from './read-cache-control.ts';

const ID = /^[a-zA-Z0-9_-]+$/;

type Reader = (block: Record<string, unknown>, at: string) => AnthropicBlock;

/** Fields of each kind of block beside `type`. Source: @anthropic-ai/sdk 1.11 `ContentBlockParam`. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  text: ['text', 'cache_control', 'citations'],
  image: ['source', 'cache_control', 'transformations'],
  document: ['source', 'cache_control', 'citations', 'context', 'title'],
  tool_use: ['id', 'name', 'input', 'cache_control', 'caller'],
  tool_result: ['tool_use_id', 'content', 'is_error', 'cache_control'],
  thinking: ['thinking', 'signature'],
  redacted_thinking: ['data'],
};

const BY_ROLE: Readonly<Record<string, readonly string[]>> = {
  user: ['text', 'image', 'document', 'tool_result'],
  assistant: ['text', 'thinking', 'redacted_thinking', 'tool_use'],
  tool_result: ['text', 'image', 'document'],
  system: ['text'],
};

function readText(block: Record<string, unknown>, at: string): AnthropicBlock {
  const text = readAnthropicString(block['text'], `${at}.text.text`);
  const mark = readCacheControl(block['cache_control'], `${at}.text`);
  if (text === '') {
    throw new AnthropicInvalid(
      mark === null
        ? `${at.split('.')[0]}: text content blocks must be non-empty`
        : `${at}.text: cache_control cannot be set for empty text blocks`,
    );
  }
  return { type: 'text', text, mark };
}

function readToolUse(block: Record<string, unknown>, at: string): AnthropicBlock {
  const id = readAnthropicString(block['id'], `${at}.tool_use.id`);
  if (!ID.test(id)) {
    throw new AnthropicInvalid(`${at}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
  }
  const name = readAnthropicString(block['name'], `${at}.tool_use.name`);
  if (!/^[a-zA-Z0-9_-]{1,200}$/.test(name)) {
    throw new AnthropicInvalid(`${at}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{1,200}$'`);
  }
  if (block['input'] === undefined) throw new AnthropicInvalid(`${at}.tool_use.input: Field required`);
  if (!isObject(block['input'])) {
    throw new AnthropicInvalid(`${at}.tool_use.input: Input should be a valid dictionary`);
  }
  const call = { id, name, arguments: JSON.stringify(block['input']) };
  return { type: 'tool_use', call, mark: readCacheControl(block['cache_control'], `${at}.tool_use`) };
}

function readToolResult(block: Record<string, unknown>, at: string): AnthropicBlock {
  const toolUseId = readAnthropicString(block['tool_use_id'], `${at}.tool_result.tool_use_id`);
  if (block['is_error'] !== undefined && typeof block['is_error'] !== 'boolean') {
    throw new AnthropicInvalid(`${at}.tool_result.is_error: Input should be a valid boolean`);
  }
  const content = block['content'] ?? [];
  const blocks =
    typeof content === 'string'
      ? []
      : readAnthropicBlocks(content, { at: `${at}.tool_result.content`, role: 'tool_result' });
  const text =
    typeof content === 'string'
      ? content
      : blocks.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const media: SimulatedMedia[] = blocks.flatMap((part) => (part.type === 'media' ? [part.media] : []));
  const mark = readCacheControl(block['cache_control'], `${at}.tool_result`);
  return { type: 'tool_result', toolUseId, text, media, mark };
}

function readThinking(block: Record<string, unknown>, at: string): AnthropicBlock {
  const thinking = readAnthropicString(block['thinking'], `${at}.thinking.thinking`);
  const signature = readAnthropicString(block['signature'], `${at}.thinking.signature`);
  if (!isSealOf(signature, `thinking ${thinking}`)) {
    throw new AnthropicInvalid(`${at}: Invalid \`signature\` in \`thinking\` block`);
  }
  return { type: 'thinking', redacted: false, mark: null };
}

function readRedacted(block: Record<string, unknown>, at: string): AnthropicBlock {
  const data = readAnthropicString(block['data'], `${at}.redacted_thinking.data`);
  if (!isSealOf(data, 'redacted')) {
    throw new AnthropicInvalid(`${at}: Invalid \`data\` in \`redacted_thinking\` block`);
  }
  return { type: 'thinking', redacted: true, mark: null };
}

const READERS: Readonly<Record<string, Reader>> = {
  text: readText,
  image: (block, at) => ({
    type: 'media',
    media: readAnthropicImage(block['source'], `${at}.image.source`),
    mark: readCacheControl(block['cache_control'], `${at}.image`),
  }),
  document: (block, at) => ({
    type: 'media',
    media: readAnthropicDocument(block['source'], `${at}.document.source`),
    mark: readCacheControl(block['cache_control'], `${at}.document`),
  }),
  tool_use: readToolUse,
  tool_result: readToolResult,
  thinking: readThinking,
  redacted_thinking: readRedacted,
};

/** The blocks of a string or of a list, each of a kind that its place may hold. */
export function readAnthropicBlocks(
  content: unknown,
  { at, role }: { at: string; role: 'user' | 'assistant' | 'system' | 'tool_result' },
): AnthropicBlock[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content, mark: null }];
  if (content === undefined) throw new AnthropicInvalid(`${at}: Field required`);
  if (!Array.isArray(content)) throw new AnthropicInvalid(`${at}: Input should be a valid list`);
  return content.map((value: unknown, index) => {
    const place = `${at}.${index}`;
    if (!isObject(value)) throw new AnthropicInvalid(`${place}: Input should be an object`);
    const type = String(value['type']);
    if (value['type'] === undefined) throw new AnthropicInvalid(`${place}.type: Field required`);
    const kinds = BY_ROLE[role]!;
    if (!kinds.includes(type)) {
      if (type in FIELDS && role !== 'tool_result' && role !== 'system') {
        const other = role === 'user' ? 'assistant' : 'user';
        throw new AnthropicInvalid(
          `${at.replace(/\.content$/, '')}: \`${type}\` blocks can only be in \`${other}\` messages`,
        );
      }
      const expected = kinds.map((kind) => `'${kind}'`).join(', ');
      throw new AnthropicInvalid(
        `${place}: Input tag '${type}' found using 'type' does not match any of the expected tags: ${expected}`,
      );
    }
    const block = anthropicFields(value, `${place}.${type}`, ['type', ...FIELDS[type]!]);
    return READERS[type]!(block, place);
  });
}
