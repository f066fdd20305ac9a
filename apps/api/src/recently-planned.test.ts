import { expect, test } from 'vitest';
import { createRecentlyPlanned } from './recently-planned.ts';

test('counts what was planned since a moment, by target', () => {
  const planned = createRecentlyPlanned();
  for (let ms = 0; ms < 5_000; ms += 1) planned.add(ms % 2 === 0 ? 'even' : 'odd', ms);
  expect(planned.count('even')).toBe(2_500);
  planned.forgetBefore(4_990);
  expect([planned.count('even'), planned.count('odd')]).toEqual([5, 5]);
  planned.forgetBefore(4_990);
  planned.add('odd', 5_000);
  expect(planned.count('odd')).toBe(6);
  planned.forgetBefore(Infinity);
  expect([planned.count('even'), planned.count('odd'), planned.count('other')]).toEqual([0, 0, 0]);
});
