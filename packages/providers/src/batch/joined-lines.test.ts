import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinedLines } from './joined-lines.ts';

test('the pieces make up the whole text, of the length that was said', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 20 }),
      fc.constantFrom(',', '\n', ''),
      async (lines, between) => {
        const { body, bytes } = joinedLines(lines, { head: '[ä', between, tail: ']' });
        const text = await new Response(body).text();
        expect(text).toBe(`[ä${lines.join(between)}]`);
        expect(Buffer.byteLength(text)).toBe(bytes);
      },
    ),
  );
});

test('many lines come in pieces of a bounded size', async () => {
  const line = 'x'.repeat(1_000);
  const { body } = joinedLines(
    Array.from({ length: 1_000 }, () => line),
    { head: '', between: '\n', tail: '' },
  );
  const sizes: number[] = [];
  for await (const piece of body) sizes.push(piece.length);
  expect(Math.max(...sizes)).toBeLessThan(100_000);
  expect(sizes.length).toBeGreaterThan(10);
});
