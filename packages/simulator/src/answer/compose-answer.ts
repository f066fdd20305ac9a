import type { SimulatedChat } from '../vendors/simulated-chat.ts';
import { composeText } from './compose-text.ts';
import { countTextTokens } from './count-tokens.ts';
import { conversationSeed } from './conversation-seed.ts';
import { createSeededRandom } from './seeded-random.ts';

export interface ComposedAnswer {
  text: string;
  finish: 'stop' | 'stop_sequence' | 'length';
  /** The stop sequence that ended the text. */
  stopSequence: string | null;
  tokens: number;
}

/**
 * Deterministic text for a conversation: the same model, turns and range give the same text. It is ASCII unless the
 * caller's words or schema are not, so that one token is four characters and `max_tokens` cuts at an exact place.
 * Stop sequences are honoured, not included. `variant` tells several answers to one prompt apart.
 */
export function composeAnswer(
  chat: SimulatedChat,
  range: { min: number; max: number },
  { variant = 0, maxTokens = chat.maxOutputTokens }: { variant?: number; maxTokens?: number | null } = {},
): ComposedAnswer {
  let text = composeText(chat, range, createSeededRandom(conversationSeed(chat) + variant));
  let finish: ComposedAnswer['finish'] = 'stop';
  if (maxTokens !== null && text.length > maxTokens * 4) {
    text = text.slice(0, maxTokens * 4);
    finish = 'length';
  }
  const stop = chat.stopSequences
    .map((sequence) => ({ sequence, index: text.indexOf(sequence) }))
    .filter(({ index }) => index >= 0)
    .sort((left, right) => left.index - right.index)[0];
  if (stop) {
    text = text.slice(0, stop.index);
    finish = 'stop_sequence';
  }
  return { text, finish, stopSequence: stop?.sequence ?? null, tokens: countTextTokens(text) };
}
