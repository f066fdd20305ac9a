import { expect, test } from 'vitest';
import { jsonDepthExceeds } from './json-depth-exceeds.ts';

test.each([
  ['null', 0],
  ['"text"', 0],
  ['{}', 1],
  ['[{}, {}, []]', 2],
  ['{"a":{"b":[1,{"c":[]}]}}', 5],
  ['[[],[[]],[]]', 3],
])('%s is %i deep', (text, depth) => {
  expect(jsonDepthExceeds(text, depth)).toBe(false);
  expect(jsonDepthExceeds(text, depth - 1)).toBe(depth > 0);
});

test('brackets and escaped quotes within strings do not count', () => {
  expect(jsonDepthExceeds(String.raw`{"a":"[[[\"[[[\\"}`, 1)).toBe(false);
});

test('a million levels do not overflow the stack', () => {
  expect(jsonDepthExceeds('['.repeat(1_000_000), 64)).toBe(true);
});
