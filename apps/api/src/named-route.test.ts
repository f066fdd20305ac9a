import { configSchema } from '@sluice/contracts';
import { expect, test } from 'vitest';
import { namedRoute } from './named-route.ts';

const config = configSchema.parse({
  providers: { openai: { kind: 'openai' } },
  routes: { default: { targets: ['openai/a'] }, other: { targets: ['openai/b'] } },
});

test.each([
  ['its own field', { route: 'other', request: { model: 'default' } }, 'other'],
  ['the model', { request: { model: 'other' } }, 'other'],
  ['nothing', { request: {} }, 'default'],
  ['a target', { request: { model: 'openai/a' } }, null],
  ['a chain', { chain: ['openai/a'], request: { model: 'other' } }, null],
  ['a name that every object has', { request: { model: 'constructor' } }, null],
] as const)('a route named by %s', (_, submission, route) => {
  expect(namedRoute(submission as Parameters<typeof namedRoute>[0], config)).toBe(route);
});
