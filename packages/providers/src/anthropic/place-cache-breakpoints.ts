import type { MessageParam, TextBlockParam, Tool } from '@anthropic-ai/sdk/resources/messages';
import type { Warning } from '@sluice/contracts';
import { DEFAULT_BYTES_PER_TOKEN } from '@sluice/core';
import { parameterDropped } from '../request/parameter-warning.ts';

/** The API takes four in one request. */
const MAX_BREAKPOINTS = 4;
const EPHEMERAL = { type: 'ephemeral' } as const;

export interface CacheablePrompt {
  tools: readonly Tool[];
  system: readonly TextBlockParam[];
  messages: readonly MessageParam[];
}

/** What may carry a breakpoint: every block but thoughts. */
interface Markable {
  cache_control?: { type: 'ephemeral' } | null;
}

/**
 * Cache breakpoints of a request. The caller's own win; of more than four the last four stay. Without any, they are
 * placed where a long prefix is likely to come again: after the tools, after the system prompt, after the user turn
 * before the last (the rest of a conversation repeats it) and, in a tool loop, after the newest results. Blocks that
 * get one are replaced, nothing is edited.
 */
export function placeCacheBreakpoints(
  prompt: CacheablePrompt,
  { minimumTokens, isAutomatic }: { minimumTokens: number; isAutomatic: boolean },
): CacheablePrompt & { warnings: Warning[] } {
  const marked = blocksOf(prompt).filter((block) => block.cache_control);
  if (marked.length > MAX_BREAKPOINTS) {
    const extra = new Set(marked.slice(0, -MAX_BREAKPOINTS));
    const why = `Anthropic takes ${MAX_BREAKPOINTS}, and the first ${extra.size} of ${marked.length} were left out`;
    return { ...replace(prompt, extra, unmark), warnings: [parameterDropped('cache_control', why)] };
  }
  if (marked.length > 0 || !isAutomatic) return { ...prompt, warnings: [] };
  return { ...replace(prompt, stableEnds(prompt, minimumTokens), mark), warnings: [] };
}

function blocksOf({ tools, system, messages }: CacheablePrompt): Markable[] {
  return [
    ...(tools as readonly Markable[]),
    ...(system as readonly Markable[]),
    ...messages.flatMap(contentOf),
  ];
}

function contentOf({ content }: MessageParam): Markable[] {
  return typeof content === 'string' ? [] : (content as Markable[]);
}

function stableEnds(prompt: CacheablePrompt, minimumTokens: number): Set<Markable> {
  const { tools, system, messages } = prompt;
  const minimumBytes = minimumTokens * DEFAULT_BYTES_PER_TOKEN;
  const ends = new Set<Markable>();
  let bytes = 0;
  const reach = (blocks: readonly Markable[], isStable: boolean): void => {
    for (const block of blocks) bytes += Buffer.byteLength(JSON.stringify(block));
    const last = blocks.at(-1);
    if (isStable && last && bytes >= minimumBytes) ends.add(last);
  };
  reach(tools as readonly Markable[], true);
  reach(system as readonly Markable[], true);
  const userTurns = messages.filter((message) => message.role === 'user');
  const early = userTurns.at(-2);
  const last = messages.at(-1);
  for (const message of messages) {
    const isLoop = message === last && contentOf(message).some((block) => isToolResult(block));
    reach(contentOf(message), message === early || isLoop);
  }
  return ends;
}

function isToolResult(block: object): boolean {
  return 'type' in block && block.type === 'tool_result';
}

function replace(
  { tools, system, messages }: CacheablePrompt,
  chosen: ReadonlySet<Markable>,
  change: <Block extends Markable>(block: Block) => Block,
): CacheablePrompt {
  const each = <Block extends object>(blocks: readonly Block[]): Block[] =>
    blocks.map((block) => (chosen.has(block as Markable) ? change(block) : block));
  return {
    tools: each(tools),
    system: each(system),
    messages: messages.map((message) =>
      typeof message.content === 'string' ? message : { ...message, content: each(message.content) },
    ) as MessageParam[],
  };
}

function mark<Block extends Markable>(block: Block): Block {
  return { ...block, cache_control: EPHEMERAL };
}

function unmark<Block extends Markable>(block: Block): Block {
  const { cache_control: _, ...rest } = block;
  return rest as Block;
}
