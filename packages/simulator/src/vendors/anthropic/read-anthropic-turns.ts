import { isObject } from '../is-object.ts';
import type { SimulatedChat } from '../vendor-wire.ts';
import { AnthropicInvalid } from './anthropic-invalid.ts';
import { readAnthropicContent } from './read-anthropic-content.ts';

type Turn = SimulatedChat['turns'][number];

/** Models that refuse to continue an answer the caller began: Opus and Sonnet from 4.6 (Sonnet: 5), and the 5 series. */
const NO_PREFILL = /^claude-(opus-4-[6-9]|opus-[5-9]|sonnet-[5-9]|fable-|mythos-)/;

function readTurn(message: unknown, index: number): Turn {
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
  return { role, text: readAnthropicContent(message['content'], `${at}.content`) };
}

/** The turns of a messages request, in the order and form that Anthropic demands. */
export function readAnthropicTurns(messages: unknown, model: string): Turn[] {
  if (messages === undefined) throw new AnthropicInvalid('messages: Field required');
  if (!Array.isArray(messages)) throw new AnthropicInvalid('messages: Input should be a valid list');
  if (messages.length === 0) throw new AnthropicInvalid('messages: at least one message is required');
  const turns = messages.map(readTurn);
  if (turns[0]?.role !== 'user') {
    throw new AnthropicInvalid('messages: first message must use the "user" role');
  }
  turns.forEach(({ role, text }, index) => {
    const last = index === turns.length - 1;
    if (text === '' && !(last && role === 'assistant')) {
      throw new AnthropicInvalid(
        role === 'user'
          ? `messages.${index}: user messages must have non-empty content`
          : `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
      );
    }
    if (text !== '' && text.trim() === '') {
      throw new AnthropicInvalid('messages: text content blocks must contain non-whitespace text');
    }
  });
  const final = turns.at(-1);
  if (final?.role === 'assistant') {
    if (NO_PREFILL.test(model)) {
      throw new AnthropicInvalid(
        'This model does not support assistant message prefill. The conversation must end with a user message.',
      );
    }
    if (final.text !== final.text.trimEnd()) {
      throw new AnthropicInvalid('messages: final assistant content cannot end with trailing whitespace');
    }
  }
  return turns;
}
