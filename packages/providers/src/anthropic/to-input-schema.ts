import type { JsonObject } from '../request/json-object.ts';
import { toldInWords } from './told-in-words.ts';

const COMBINATORS: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf']);

/**
 * A tool's parameters as Anthropic takes them: an object, and no `anyOf`, `oneOf` or `allOf` at the top, which are
 * refused there; the model is told of them in words. Builds a new object.
 */
export function toInputSchema(parameters: Readonly<JsonObject>): { schema: JsonObject; loosened: string[] } {
  const kept = Object.entries(parameters).filter(([keyword]) => !COMBINATORS.has(keyword));
  const moved = Object.entries(parameters).filter(([keyword]) => COMBINATORS.has(keyword));
  return {
    schema: {
      ...structuredClone(Object.fromEntries(kept)),
      ...toldInWords(parameters, moved),
      type: 'object',
    },
    loosened: moved.map(([keyword]) => keyword),
  };
}
