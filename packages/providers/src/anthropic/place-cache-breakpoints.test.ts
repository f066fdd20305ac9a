import type { MessageParam } from '@anthropic-ai/sdk/resources/messages';
import { describe, expect, it } from 'vitest';
import { placeCacheBreakpoints, type CacheablePrompt } from './place-cache-breakpoints.ts';

const text = (words: string) => ({ type: 'text' as const, text: words });
const long = (letter: string) => text(letter.repeat(4_000));
const user = (...content: object[]) => ({ role: 'user', content }) as MessageParam;
const assistant = (...content: object[]) => ({ role: 'assistant', content }) as MessageParam;
const tool = { name: 'f', input_schema: { type: 'object' as const } };
const result = { type: 'tool_result', tool_use_id: 't', content: [long('r')] };
const AUTOMATIC = { minimumTokens: 1_000, isAutomatic: true };

/** Where the breakpoints are: `tools`, `system`, or the message's position. */
function places(prompt: CacheablePrompt): (string | number)[] {
  const has = (blocks: readonly object[]) => blocks.some((block) => 'cache_control' in block);
  return [
    ...(has(prompt.tools) ? ['tools'] : []),
    ...(has(prompt.system) ? ['system'] : []),
    ...prompt.messages.flatMap(({ content }, at) => (has(content as object[]) ? [at] : [])),
  ];
}

describe('placeCacheBreakpoints', () => {
  it('marks the system prompt, the tools only where they are long by themselves', () => {
    const prompt = { tools: [tool], system: [long('s')], messages: [user(text('u'))] };
    expect(places(placeCacheBreakpoints(prompt, AUTOMATIC))).toEqual(['system']);
    const longTool = { ...tool, description: 'd'.repeat(4_000) };
    expect(places(placeCacheBreakpoints({ ...prompt, tools: [longTool] }, AUTOMATIC))).toEqual([
      'tools',
      'system',
    ]);
  });

  it('marks nothing in a short prompt, nor the only turn of a long one', () => {
    const short = { tools: [tool], system: [text('s')], messages: [user(text('u'))] };
    expect(places(placeCacheBreakpoints(short, AUTOMATIC))).toEqual([]);
    expect(places(placeCacheBreakpoints({ ...short, messages: [user(long('u'))] }, AUTOMATIC))).toEqual([]);
  });

  it('marks the user turn before the last, and the results of a tool loop', () => {
    const messages = [user(long('u')), assistant(text('a')), user(text('v'))];
    expect(places(placeCacheBreakpoints({ tools: [], system: [], messages }, AUTOMATIC))).toEqual([0]);
    const loop = [user(long('u')), assistant(text('a')), user(result)];
    expect(places(placeCacheBreakpoints({ tools: [], system: [], messages: loop }, AUTOMATIC))).toEqual([
      0, 2,
    ]);
  });

  it('leaves the caller’s own, and keeps the last four of more', () => {
    const marked = { ...text('x'), cache_control: { type: 'ephemeral' as const } };
    const own = { tools: [], system: [long('s')], messages: [user(marked)] };
    expect(places(placeCacheBreakpoints(own, AUTOMATIC))).toEqual([0]);
    const many = { tools: [], system: [marked], messages: [1, 2, 3, 4].map(() => user({ ...marked })) };
    const placed = placeCacheBreakpoints(many, AUTOMATIC);
    expect(places(placed)).toEqual([0, 1, 2, 3]);
    expect(placed.warnings).toMatchObject([{ code: 'parameter_dropped', param: 'cache_control' }]);
  });

  it('edits nothing', () => {
    const prompt = { tools: [tool], system: [long('s')], messages: [user(text('u'))] };
    const before = JSON.stringify(prompt);
    placeCacheBreakpoints(prompt, AUTOMATIC);
    expect(JSON.stringify(prompt)).toBe(before);
    expect(places(placeCacheBreakpoints(prompt, { ...AUTOMATIC, isAutomatic: false }))).toEqual([]);
  });
});
