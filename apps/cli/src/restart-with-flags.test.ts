import { expect, test } from 'vitest';
import { missingFlags } from './restart-with-flags.ts';

test('an API process is given its flags once, and none that the user has set', () => {
  const flags = missingFlags(['api'], []);
  expect(flags).toEqual([
    expect.stringMatching(/^--max-semi-space-size=/),
    expect.stringMatching(/^--heap-growing-percent=/),
  ]);
  expect(missingFlags(['api'], flags)).toEqual([]);
  expect(missingFlags(['api'], ['--heap_growing_percent=10'], '--max-semi-space-size=64')).toEqual([]);
  expect(missingFlags(['api'], ['--max-old-space-size=4096'])).toEqual(flags);
});

test('other commands run as they were started', () => {
  expect(missingFlags(['worker', '--providers', 'openai'], [])).toEqual([]);
  expect(missingFlags([], [])).toEqual([]);
});
