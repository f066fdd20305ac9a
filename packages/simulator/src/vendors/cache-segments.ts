import { countTextTokens, countToolTokens } from '../answer/count-tokens.ts';
import type { CacheSegment, SimulatedChat } from './simulated-chat.ts';

/** A stand-in of the length that the tokens have as text. */
function paddedDigest(digest: string, tokens: number): string {
  return digest.repeat(Math.ceil((tokens * 4) / digest.length)).slice(0, tokens * 4);
}

/** The prompt in the order in which its prefix is cached: tools, then turns. */
export function cacheSegments({ tools = [], turns }: Pick<SimulatedChat, 'tools' | 'turns'>): CacheSegment[] {
  const segments: CacheSegment[] = tools.map((tool) => ({
    content: JSON.stringify(tool),
    tokens: countToolTokens(tool),
    mark: null,
  }));
  const add = (content: string, tokens = countTextTokens(content)): void => {
    segments.push({ content, tokens, mark: null });
  };
  for (const { role, text, toolCalls = [], toolResults = [], media = [] } of turns) {
    for (const { digest, tokens } of media) add(paddedDigest(digest, tokens), tokens);
    add(`${role}: ${text}`, 4 + countTextTokens(text));
    for (const call of toolCalls) add(`${call.name}(${call.arguments})`);
    for (const result of toolResults) add(result.text);
  }
  return segments;
}
