import { expect, test } from 'vitest';
import type { Limits } from '@sluice/contracts';
import { paceOfProvider } from './pace-of-provider.ts';

const limits = (given: Partial<Limits>): Limits => ({ arrival_jitter_ms: 0, ...given });
const keys = {
  a: limits({ requests_per_minute: 60, concurrency: 2 }),
  b: limits({ requests_per_minute: 120 }),
};

test('the pace of a pool is the sum of its usable keys', () => {
  const pace = paceOfProvider({ provider: null, models: {}, keys }, ['a', 'b']);
  expect(pace).toMatchObject({ requests: 3, tokens: 0 });
  expect(paceOfProvider({ provider: null, models: {}, keys }, ['a'])).toMatchObject({
    requests: 1,
    slots: 2,
  });
});

test('a key without a limit makes the pool one without it', () => {
  expect(paceOfProvider({ provider: null, models: {}, keys }, ['a', 'b']).slots).toBe(0);
  expect(paceOfProvider({ provider: null, models: {}, keys }, ['a', 'c']).requests).toBe(0);
});

test('the provider’s own limits bound the sum', () => {
  const provider = limits({ requests_per_minute: 90, concurrency: 8 });
  expect(paceOfProvider({ provider, models: {}, keys }, ['a', 'b'])).toMatchObject({
    requests: 1.5,
    slots: 8,
  });
});
