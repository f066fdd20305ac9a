import { expect, test } from 'vitest';
import { durabilityInForce } from './durability-in-force.ts';
import type { RedisFacts } from './read-redis-facts.ts';

const facts = (changes: Partial<RedisFacts>): RedisFacts => ({
  version: '7.0.15',
  mode: 'standalone',
  maxmemoryPolicy: 'noeviction',
  maxmemoryBytes: 0,
  usedMemoryBytes: 0,
  aofEnabled: true,
  appendfsync: 'everysec',
  role: 'master',
  replicas: 0,
  clockSkewMs: 0,
  roundTripMs: 1,
  ...changes,
});

test.each([
  ['fsync', { appendfsync: 'always' }, 'fsync'],
  ['fsync', { version: '7.2.0' }, 'fsync'],
  ['fsync', { version: '8.0.1' }, 'fsync'],
  ['fsync', {}, 'memory'],
  ['fsync', { version: '8.0.1', aofEnabled: false }, 'memory'],
  ['replicated', {}, 'replicated'],
  ['memory', { appendfsync: 'always' }, 'memory'],
] as const)('%s with %o is %s', (configured, changes, inForce) => {
  expect(durabilityInForce(facts(changes), configured)).toBe(inForce);
});
