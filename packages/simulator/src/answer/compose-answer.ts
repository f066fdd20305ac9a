import { createHash } from 'node:crypto';
import type { SimulatedChat } from '../vendors/vendor-wire.ts';
import { countTextTokens } from './count-tokens.ts';
import { createSeededRandom } from './seeded-random.ts';
import { SENTENCES } from './sentences.ts';

export interface ComposedAnswer {
  text: string;
  finish: 'stop' | 'stop_sequence' | 'length';
  /** The stop sequence that ended the text. */
  stopSequence: string | null;
  tokens: number;
}

/** The longest plain word of the conversation's last turn, so that answers differ visibly. */
function topicOf(chat: SimulatedChat): string {
  const words =
    chat.turns
      .at(-1)
      ?.text.slice(0, 4_000)
      .match(/[A-Za-z]{4,16}/g) ?? [];
  return words
    .reduce((longest, word) => (word.length > longest.length ? word : longest), 'this')
    .toLowerCase();
}

/**
 * Deterministic English for a conversation: the same model, turns and range give the same text. It is ASCII, so that
 * one token is four characters and `max_tokens` cuts at an exact place. Stop sequences are honoured, not included.
 */
export function composeAnswer(chat: SimulatedChat, range: { min: number; max: number }): ComposedAnswer {
  const digest = createHash('sha256')
    .update(JSON.stringify([chat.model, chat.turns.map(({ role, text }) => [role, text])]))
    .digest();
  const random = createSeededRandom(digest.readUInt32BE(0));
  const wantedTokens = range.min + Math.floor(random() * (range.max - range.min + 1));
  const topic = topicOf(chat);
  const sentences = [`Here is what matters about ${topic}.`];
  for (let length = sentences[0]!.length; length < wantedTokens * 4; length += sentences.at(-1)!.length + 1) {
    const sentence = SENTENCES[Math.floor(random() * SENTENCES.length)]!;
    sentences.push(sentence.replace('{topic}', topic));
  }
  let text = sentences.join(' ');
  let finish: ComposedAnswer['finish'] = 'stop';
  if (chat.maxOutputTokens !== null && text.length > chat.maxOutputTokens * 4) {
    text = text.slice(0, chat.maxOutputTokens * 4);
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
