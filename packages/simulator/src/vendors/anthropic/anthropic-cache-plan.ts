import { countTextTokens, countToolTokens } from '../../answer/count-tokens.ts';
import type { CachePlan, CacheSegment } from '../simulated-chat.ts';
import type { AnthropicBlock, AnthropicTurn } from './anthropic-block.ts';
import { AnthropicInvalid } from './anthropic-invalid.ts';
import type { AnthropicTool } from './read-anthropic-tools.ts';

const MAX_MARKS = 4;

/** Shortest prefix that a model caches. Source: Anthropic "Prompt caching", cache limitations. */
function minTokens(model: string): number {
  if (/^claude-(haiku-4-5|opus-4-[5-9]|opus-5)/.test(model)) return 4_096;
  return /^claude-(3-haiku|3-5-haiku)/.test(model) ? 2_048 : 1_024;
}

function segmentOf(block: AnthropicBlock, role: string): CacheSegment {
  const { mark } = block;
  switch (block.type) {
    case 'text':
      return { content: `${role}: ${block.text}`, tokens: countTextTokens(block.text), mark };
    case 'media':
      return { content: block.media.digest, tokens: block.media.tokens, mark };
    case 'tool_use': {
      const text = block.call.name + block.call.arguments;
      return { content: text, tokens: countTextTokens(text), mark };
    }
    case 'tool_result': {
      const media = block.media.reduce((sum, item) => sum + item.tokens, 0);
      const digests = block.media.map(({ digest }) => digest).join(' ');
      return { content: `${block.text} ${digests}`, tokens: countTextTokens(block.text) + media, mark };
    }
    case 'thinking':
      return { content: 'thinking', tokens: 0, mark };
  }
}

/**
 * What Anthropic caches: tools, system and turns up to each mark. Null without marks. `last` is the mark for the end
 * of the prompt that `cache_control` of the request itself sets.
 */
export function anthropicCachePlan({
  model,
  tools,
  system,
  turns,
  last,
}: {
  model: string;
  tools: readonly AnthropicTool[];
  system: readonly AnthropicBlock[];
  turns: readonly AnthropicTurn[];
  last: '5m' | '1h' | null;
}): CachePlan | null {
  const segments: CacheSegment[] = [
    ...tools.map((tool) => ({
      content: JSON.stringify([tool.name, tool.schema]),
      tokens: countToolTokens(tool),
      mark: tool.mark,
    })),
    ...system.map((block) => segmentOf(block, 'system')),
    ...turns.flatMap(({ role, blocks }) => blocks.map((block) => segmentOf(block, role))),
  ];
  const end = segments.at(-1);
  if (last !== null && end) end.mark ??= last;
  const marks = segments.flatMap(({ mark }) => (mark === null ? [] : [mark]));
  if (marks.length > MAX_MARKS) {
    throw new AnthropicInvalid(
      `A maximum of ${MAX_MARKS} blocks with cache_control may be provided. Found ${marks.length}.`,
    );
  }
  if (marks.lastIndexOf('1h') > marks.indexOf('5m') && marks.includes('5m')) {
    throw new AnthropicInvalid(
      "cache_control: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
    );
  }
  if (marks.length === 0) return null;
  return { kind: 'marked', scope: model, minTokens: minTokens(model), ttlMs: 0, segments };
}
