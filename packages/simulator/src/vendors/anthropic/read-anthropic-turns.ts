import { isObject } from '../is-object.ts';
import type { AnthropicTurn } from './anthropic-block.ts';
import { AnthropicInvalid } from './anthropic-invalid.ts';
import { checkAnthropicToolTurns } from './check-anthropic-tool-turns.ts';
import { readAnthropicBlocks } from './read-anthropic-blocks.ts';

/** Models that refuse to continue an answer the caller began: Opus and Sonnet from 4.6 (Sonnet: 5), and the 5 series. */
const NO_PREFILL = /^claude-(opus-4-[6-9]|opus-[5-9]|sonnet-[5-9]|fable-|mythos-)/;
const MAX_IMAGES = 100;

function readTurn(message: unknown, index: number): AnthropicTurn {
  const at = `messages.${index}`;
  if (!isObject(message)) throw new AnthropicInvalid(`${at}: Input should be an object`);
  const role = message['role'];
  if (role === 'system') {
    throw new AnthropicInvalid(
      'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.',
    );
  }
  if (role !== 'user' && role !== 'assistant') {
    throw new AnthropicInvalid(
      role === undefined ? `${at}.role: Field required` : `${at}.role: Input should be 'user' or 'assistant'`,
    );
  }
  const extra = Object.keys(message).find((field) => field !== 'role' && field !== 'content');
  if (extra) throw new AnthropicInvalid(`${at}.${extra}: Extra inputs are not permitted`);
  return { role, blocks: readAnthropicBlocks(message['content'], { at: `${at}.content`, role }) };
}

function checkContents(turns: readonly AnthropicTurn[]): void {
  turns.forEach(({ role, blocks }, index) => {
    const last = index === turns.length - 1;
    if (blocks.length === 0 && !(last && role === 'assistant')) {
      throw new AnthropicInvalid(
        role === 'user'
          ? `messages.${index}: user messages must have non-empty content`
          : `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
      );
    }
    if (blocks.some((block) => block.type === 'text' && block.text.trim() === '')) {
      throw new AnthropicInvalid('messages: text content blocks must contain non-whitespace text');
    }
  });
}

function checkPrefill(
  { role, blocks }: AnthropicTurn,
  { model, thinks }: { model: string; thinks: boolean },
): void {
  if (role !== 'assistant') return;
  if (NO_PREFILL.test(model)) {
    throw new AnthropicInvalid(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    );
  }
  if (thinks) {
    throw new AnthropicInvalid(
      'messages: when `thinking` is enabled, the final message can not be an `assistant` message',
    );
  }
  const final = blocks.at(-1);
  if (final?.type === 'text' && final.text !== final.text.trimEnd()) {
    throw new AnthropicInvalid('messages: final assistant content cannot end with trailing whitespace');
  }
}

/** With manual thinking, the assistant turn of a running tool loop begins with its thoughts. */
function checkThinkingKept(turns: readonly AnthropicTurn[]): void {
  if (!turns.at(-1)?.blocks.some((block) => block.type === 'tool_result')) return;
  const first = turns.at(-2)?.blocks[0];
  if (!first || first.type === 'thinking') return;
  throw new AnthropicInvalid(
    `messages.${turns.length - 2}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first.type}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable \`thinking\`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking`,
  );
}

function checkImages(turns: readonly AnthropicTurn[]): void {
  const images = turns
    .flatMap(({ blocks }) => blocks)
    .flatMap((block) =>
      block.type === 'media' ? [block.media] : block.type === 'tool_result' ? block.media : [],
    )
    .filter(({ kind }) => kind === 'image').length;
  if (images > MAX_IMAGES) {
    throw new AnthropicInvalid(`messages: Too many images: ${images} > ${MAX_IMAGES} maximum`);
  }
}

/** The turns of a messages request, in the order and form that Anthropic demands; turns of one role are joined. */
export function readAnthropicTurns(
  messages: unknown,
  { model, thinking }: { model: string; thinking: 'off' | 'adaptive' | 'enabled' },
): AnthropicTurn[] {
  if (messages === undefined) throw new AnthropicInvalid('messages: Field required');
  if (!Array.isArray(messages)) throw new AnthropicInvalid('messages: Input should be a valid list');
  if (messages.length === 0) throw new AnthropicInvalid('messages: at least one message is required');
  const turns = messages.map(readTurn);
  if (turns[0]?.role !== 'user') {
    throw new AnthropicInvalid('messages: first message must use the "user" role');
  }
  checkContents(turns);
  const joined: AnthropicTurn[] = [];
  for (const turn of turns) {
    const before = joined.at(-1);
    if (before?.role === turn.role) before.blocks = [...before.blocks, ...turn.blocks];
    else joined.push({ ...turn });
  }
  checkAnthropicToolTurns(joined);
  if (thinking === 'enabled') checkThinkingKept(joined);
  checkPrefill(joined.at(-1)!, { model, thinks: thinking !== 'off' });
  checkImages(joined);
  return joined;
}
