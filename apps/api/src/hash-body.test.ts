import { expect, test } from 'vitest';
import { hashBody } from './hash-body.ts';

test('the order of fields does not count, anything else does', () => {
  expect(hashBody({ a: 1, b: { c: [1, 2], d: null } })).toBe(hashBody({ b: { d: null, c: [1, 2] }, a: 1 }));
  const values = [
    {},
    [],
    null,
    undefined,
    '',
    { a: [1, 2] },
    { a: [2, 1] },
    { a: '1' },
    { a: 1 },
    [['a', 1]],
  ];
  expect(new Set(values.map(hashBody)).size).toBe(values.length);
});
