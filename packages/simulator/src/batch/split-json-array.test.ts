import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitJsonArray } from './split-json-array.ts';

async function split(text: string, { chunk = 7, maxBytes = 1e9 } = {}) {
  const elements: string[] = [];
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, n) =>
    bytes.subarray(n * chunk, (n + 1) * chunk),
  );
  const outcome = await splitJsonArray(Readable.from(pieces), {
    field: 'requests',
    maxBytes,
    onElement: async (element) => {
      elements.push(element);
      return true;
    },
  });
  return { outcome, elements };
}

test('any array is split into its elements, whatever the pieces it arrives in', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue(), { maxLength: 6 }),
      fc.jsonValue(),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      async (requests, other, chunk, isPretty) => {
        const text = JSON.stringify({ other, requests, after: other }, null, isPretty ? 2 : undefined);
        const { outcome, elements } = await split(text, { chunk });
        expect(elements.map((element) => JSON.parse(element) as unknown)).toEqual(
          JSON.parse(JSON.stringify(requests)),
        );
        if (outcome.status !== 'ok') throw new Error(outcome.status);
        expect(JSON.parse(outcome.rest)).toEqual(
          JSON.parse(JSON.stringify({ other, requests: [], after: other })),
        );
        for (const element of elements) expect(element).not.toMatch(/[\n\r]/);
      },
    ),
    { numRuns: 300 },
  );
});

test('an array of that name further inside is left alone', async () => {
  const { outcome, elements } = await split('{"inner":{"requests":[1,2]},"requests":[3]}');
  expect(elements).toEqual(['3']);
  expect(outcome).toEqual({ status: 'ok', rest: '{"inner":{"requests":[1,2]},"requests":[]}' });
});

test('a body that is too large is said so', async () => {
  expect((await split('{"requests":[1,2,3]}', { maxBytes: 10 })).outcome).toEqual({ status: 'too_large' });
});
