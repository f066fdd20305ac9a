import type { ChatDelta } from '@sluice/contracts';
import { expect, test } from 'vitest';
import { joinDeltas } from './join-deltas.ts';

const piece = (delta: ChatDelta['delta'], index = 0): ChatDelta => ({ index, delta });
const call = (index: number, text: string, begin?: { id: string; name: string }): ChatDelta =>
  piece({
    tool_calls: [
      begin
        ? { index, id: begin.id, type: 'function', function: { name: begin.name, arguments: text } }
        : { index, function: { arguments: text } },
    ],
  });
const BEGIN = { id: 'call_1', name: 'look' };

test.each<[string, ChatDelta, ChatDelta, ChatDelta]>([
  ['text', piece({ content: 'a' }), piece({ content: 'b' }), piece({ content: 'ab' })],
  [
    'the role stays',
    piece({ role: 'assistant', content: 'a' }),
    piece({ content: 'b' }),
    piece({ role: 'assistant', content: 'ab' }),
  ],
  ['refusals', piece({ refusal: 'a' }), piece({ refusal: 'b' }), piece({ refusal: 'ab' })],
  ['thoughts', piece({ reasoning: 'a' }), piece({ reasoning: 'b' }), piece({ reasoning: 'ab' })],
  ['arguments of one call', call(0, '{"a"', BEGIN), call(0, ':1}'), call(0, '{"a":1}', BEGIN)],
])('%s join', (_what, first, second, joined) => {
  expect(joinDeltas(first, second)).toEqual(joined);
});

test('blocks of reasoning stay whole', () => {
  const block = (index: number) => ({ type: 'reasoning.encrypted' as const, format: 'x', data: 'd', index });
  expect(
    joinDeltas(piece({ reasoning_details: [block(0)] }), piece({ reasoning_details: [block(1)] })),
  ).toEqual(piece({ reasoning_details: [block(0), block(1)] }));
});

test.each<[string, ChatDelta, ChatDelta]>([
  ['other choices', piece({ content: 'a' }), piece({ content: 'b' }, 1)],
  ['text after thoughts', piece({ reasoning: 'a' }), piece({ content: 'b' })],
  ['text after a call', call(0, '{}', BEGIN), piece({ content: 'b' })],
  ['arguments of another call', call(0, '{', BEGIN), call(1, '}')],
  ['a call that begins', call(0, '{}', BEGIN), call(0, '', BEGIN)],
  ['two kinds at once', piece({ content: 'a', reasoning: 'b' }), piece({ content: 'c' })],
])('%s do not', (_what, first, second) => {
  expect(joinDeltas(first, second)).toBeNull();
});
