import type { SimulatedChat } from '../vendors/simulated-chat.ts';

/** The text that the user said last; empty when the conversation ends otherwise. */
export function lastUserText(chat: SimulatedChat): string {
  const last = chat.turns.at(-1);
  return last?.role === 'user' ? last.text.slice(0, 4_000) : '';
}
