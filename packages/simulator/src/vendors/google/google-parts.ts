import { isObject } from '../is-object.ts';
import { seal } from '../seal.ts';
import type { SimulatedChat } from '../simulated-chat.ts';
import type { SimulatedChoice } from '../simulated-completion.ts';
import { splitPieces } from '../split-pieces.ts';

export interface GooglePart {
  part: object;
  /** What the model produced for it. */
  text: string;
}

/** Models that give their calls ids. */
const GIVES_IDS = /^gemini-([3-9]|\d\d)/;

function argsOf(text: string): object {
  const value: unknown = JSON.parse(text);
  return isObject(value) ? value : {};
}

function isWhole(text: string): boolean {
  try {
    return isObject(JSON.parse(text));
  } catch {
    return false;
  }
}

/** The parts of a candidate as a stream sends them; calls are never split, and the first one carries the signature. */
export function googleParts(choice: SimulatedChoice, chat: SimulatedChat): GooglePart[] {
  const thoughts: GooglePart[] =
    chat.thinking?.display === 'shown'
      ? splitPieces(choice.reasoning).map((text) => ({ text, part: { text, thought: true } }))
      : [];
  const signs = chat.thinking !== undefined || GIVES_IDS.test(chat.model);
  // A call that the token limit cut is not sent.
  const whole = choice.toolCalls.filter((call) => isWhole(call.arguments));
  const calls = whole.map(({ id, name, arguments: text }, index): GooglePart => {
    const functionCall = { name, args: argsOf(text), ...(GIVES_IDS.test(chat.model) ? { id } : {}) };
    const signature = signs && index === 0 ? { thoughtSignature: seal('gemini', name + text) } : {};
    return { text: name + text, part: { functionCall, ...signature } };
  });
  const texts = splitPieces(choice.text).map((text): GooglePart => ({ text, part: { text } }));
  return [...thoughts, ...texts, ...calls];
}

/** Text parts of one kind that follow one another, joined, as a plain answer has them. */
export function joinGoogleParts(parts: readonly GooglePart[]): object[] {
  const joined: { text?: string; thought?: true }[] = [];
  for (const { part } of parts as readonly { part: { text?: string; thought?: true } }[]) {
    const before = joined.at(-1);
    if (part.text !== undefined && before?.text !== undefined && part.thought === before.thought) {
      before.text += part.text;
    } else joined.push({ ...part });
  }
  return joined;
}
