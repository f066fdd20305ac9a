import { expect, test } from 'vitest';
import { eachOf } from './each-of.ts';

test('does everything, and never more at once than it may', async () => {
  const done: number[] = [];
  let running = 0;
  let most = 0;
  await eachOf([1, 2, 3, 4, 5, 6], { atOnce: 2 }, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    done.push(item);
  });
  expect(new Set(done)).toEqual(new Set([1, 2, 3, 4, 5, 6]));
  expect(most).toBe(2);
});

test('rejects with the first error when what runs has ended, and begins no more', async () => {
  const done: number[] = [];
  const work = async (item: number) => {
    await new Promise((resolve) => setImmediate(resolve));
    if (item === 2) throw new Error('two');
    done.push(item);
  };
  await expect(eachOf([1, 2, 3, 4, 5, 6, 7, 8], { atOnce: 2 }, work)).rejects.toThrow('two');
  expect(done).not.toContain(8);
});
