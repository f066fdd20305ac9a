import { expect, test } from 'vitest';
import { withKeyDefaults } from './with-key-defaults.ts';

const DEFAULTS = { tier: 'flex', route: 'cheap', within: '2h', tags: ['team-a'] } as const;
const defaults = { ...DEFAULTS, tags: [...DEFAULTS.tags] };

test('what was not sent comes from the key', () => {
  expect(withKeyDefaults({ request: {} }, defaults)).toEqual({ ...defaults, request: {} });
});

test('what was sent goes first', () => {
  const sent = { request: {}, tier: 'priority', route: 'best', within: '5m', tags: [] };
  expect(withKeyDefaults(sent, defaults)).toEqual(sent);
});

test('a default route gives way to a chain and a model, a default lifetime to a deadline', () => {
  expect(withKeyDefaults({ chain: ['a/b'] }, defaults)).not.toHaveProperty('route');
  expect(withKeyDefaults({ request: { model: 'a/b' } }, defaults)).not.toHaveProperty('route');
  expect(withKeyDefaults({ deadline: 'soon' }, defaults)).not.toHaveProperty('within');
});

test('what is no object is left to the validation', () => {
  for (const sent of [null, undefined, 'x', 1, []]) expect(withKeyDefaults(sent, defaults)).toBe(sent);
});
