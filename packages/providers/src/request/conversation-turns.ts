import { type ChatRequest, type Warning } from '@sluice/contracts';
import { parameterChanged } from './parameter-warning.ts';

export interface Turn {
  role: 'user' | 'assistant';
  /** Texts of all messages of the turn, in order; none is empty. */
  texts: string[];
}

export interface Conversation {
  /** Texts of all system and developer messages, wherever they stood; none is empty. */
  system: string[];
  /** Turns of alternating roles. */
  turns: Turn[];
  warnings: Warning[];
}

/**
 * The conversation for vendors that keep instructions apart and want alternating roles: system and developer
 * messages hoisted, neighbours of one role merged, empty texts skipped. A conversation of instructions alone
 * becomes one user turn, as those vendors refuse one without turns.
 */
export function conversationTurns({ messages }: ChatRequest): Conversation {
  const system: string[] = [];
  const turns: Turn[] = [];
  for (const { role, content } of messages) {
    const parts = typeof content === 'string' ? [content] : content.map((part) => part.text);
    const texts = parts.filter((text) => text !== '');
    if (texts.length === 0) continue;
    if (role === 'system' || role === 'developer') {
      system.push(...texts);
      continue;
    }
    const last = turns.at(-1);
    if (last?.role === role) last.texts.push(...texts);
    else turns.push({ role, texts });
  }
  if (turns.length > 0 || system.length === 0) return { system, turns, warnings: [] };
  return {
    system: [],
    turns: [{ role: 'user', texts: system }],
    warnings: [parameterChanged('messages', 'sent as a user turn, as there are only system messages')],
  };
}
