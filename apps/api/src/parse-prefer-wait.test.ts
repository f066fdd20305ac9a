import { expect, test } from 'vitest';
import { parsePreferWaitMs } from './parse-prefer-wait.ts';

test.each([
  [undefined, null],
  ['', null],
  ['wait=10', 10_000],
  ['respond-async, wait=5', 5_000],
  ['Wait = 7', 7_000],
  ['wait="3"', 3_000],
  ['wait=900', 60_000],
  ['wait=-1', null],
  ['wait=soon', null],
  ['return=minimal', null],
])('%s', (header, expected) => {
  expect(parsePreferWaitMs(header, 60_000)).toBe(expected);
});
