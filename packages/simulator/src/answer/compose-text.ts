import type { SimulatedChat } from '../vendors/simulated-chat.ts';
import { lastUserText } from './last-user-text.ts';
import { schemaInstance } from './schema-instance.ts';
import { SENTENCES } from './sentences.ts';
import { topicOf, topicWords } from './topic-words.ts';

const MAX_QUOTE_LENGTH = 200;

function quoteResults(chat: SimulatedChat): string[] {
  const results = chat.turns.at(-1)?.toolResults ?? [];
  return results.map(({ name, text }) => `${name ?? 'The tool'} says: ${text.slice(0, MAX_QUOTE_LENGTH)}.`);
}

/** What the model would say without a limit: tool results quoted, JSON where it was asked for, else English. */
export function composeText(
  chat: SimulatedChat,
  range: { min: number; max: number },
  random: () => number,
): string {
  const last = chat.turns.at(-1)?.text ?? '';
  const topic = topicOf(last);
  const { output } = chat;
  if (output?.kind === 'json_schema') {
    const words = topicWords(lastUserText(chat));
    return JSON.stringify(schemaInstance(output.schema, { root: output.schema, random, words }));
  }
  const wantedTokens = range.min + Math.floor(random() * (range.max - range.min + 1));
  const sentences = [...quoteResults(chat), `Here is what matters about ${topic}.`];
  for (let length = sentences[0]!.length; length < wantedTokens * 4; length += sentences.at(-1)!.length + 1) {
    const sentence = SENTENCES[Math.floor(random() * SENTENCES.length)]!;
    sentences.push(sentence.replace('{topic}', topic));
  }
  return output ? JSON.stringify({ topic, answer: sentences.join(' ') }) : sentences.join(' ');
}
