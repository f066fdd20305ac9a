import { createHash } from 'node:crypto';
import type { ChatRequest } from '@sluice/contracts';

/** About 1,024 tokens: shorter prefixes no vendor keeps. Source: OpenAI and Anthropic, "Prompt caching". */
const PREFIX_CHARACTERS = 4_096;

/**
 * What tells whether two prompts begin alike for as long as vendors cache: a hash of the first 4,096 characters of
 * tools, system prompt and messages, in the order in which they are read. Null for prompts that are shorter.
 */
export function promptPrefix(request: ChatRequest): string | null {
  let prefix = '';
  for (const piece of piecesOf(request)) {
    prefix += piece.length > PREFIX_CHARACTERS ? piece.slice(0, PREFIX_CHARACTERS) : piece;
    if (prefix.length >= PREFIX_CHARACTERS) {
      const text = prefix.slice(0, PREFIX_CHARACTERS);
      return createHash('sha256').update(text).digest('base64url').slice(0, 16);
    }
  }
  return null;
}

/** Made one by one, as most prompts need only a few of them. */
function* piecesOf({ tools = [], messages }: ChatRequest): Generator<string> {
  for (const { function: tool } of tools) yield JSON.stringify(tool);
  for (const { role, content } of messages) {
    yield `\n${role}:`;
    if (typeof content === 'string') yield content;
    else for (const part of content ?? []) yield part.type === 'text' ? part.text : JSON.stringify(part);
  }
}
