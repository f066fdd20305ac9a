import type { SimulatedChat, SimulatedTool } from '../vendors/simulated-chat.ts';
import { lastUserText } from './last-user-text.ts';

const MAX_CALLS = 8;
/** Words of a tool's name that say nothing about its subject. */
const PLAIN_WORDS = new Set(
  'call create data delete fetch find function info list look make open read search send show tool update with'.split(
    ' ',
  ),
);

function isMentioned({ name }: SimulatedTool, text: string): boolean {
  const words = name.toLowerCase().split(/[^a-z0-9]+/);
  if (text.includes(name.toLowerCase()) || text.includes(words.join(' '))) return true;
  return words.some(
    (word) => word.length >= 4 && !PLAIN_WORDS.has(word) && new RegExp(`\\b${word}\\b`).test(text),
  );
}

/**
 * The tools that the model calls, in order, one entry per call. It calls those that the user's last text names, by
 * their name or by its telling words (`get_weather` by "weather"); with a choice that requires a call, the first
 * allowed one if none is named. A text with "both", "two", "each", "twice" or "parallel" gets two calls of one tool.
 */
export function planToolCalls(chat: SimulatedChat): SimulatedTool[] {
  const use = chat.toolUse ?? { mode: 'auto', names: null, parallel: true, named: false };
  const { names } = use;
  const allowed = (chat.tools ?? []).filter(({ name }) => names === null || names.includes(name));
  if (use.mode === 'none' || allowed.length === 0) return [];
  const text = lastUserText(chat).toLowerCase();
  const mentioned = allowed.filter((tool) => isMentioned(tool, text));
  const wanted = mentioned.length === 0 && use.mode === 'required' ? [allowed[0]!] : mentioned;
  if (!use.parallel || use.named) return wanted.slice(0, 1);
  const [only] = wanted;
  if (wanted.length === 1 && /\b(both|two|each|twice|parallel)\b/.test(text)) return [only!, only!];
  return wanted.slice(0, MAX_CALLS);
}
