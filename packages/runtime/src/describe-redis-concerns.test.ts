import { describe, expect, test } from 'vitest';
import { describeRedisConcerns } from './describe-redis-concerns.ts';
import type { RedisFacts } from './read-redis-facts.ts';

const GOOD: RedisFacts = {
  version: '7.0.15',
  mode: 'standalone',
  maxmemoryPolicy: 'noeviction',
  maxmemoryBytes: 0,
  usedMemoryBytes: 1_000,
  aofEnabled: true,
  appendfsync: 'always',
  role: 'master',
  replicas: 0,
  clockSkewMs: 3,
  roundTripMs: 1,
};

describe('describeRedisConcerns', () => {
  test('is content with a good Redis', () => {
    expect(describeRedisConcerns(GOOD, 'fsync')).toEqual([]);
  });

  test.each<[string, Partial<RedisFacts>, RegExp]>([
    ['eviction', { maxmemoryPolicy: 'allkeys-lru' }, /noeviction/],
    ['a replica', { role: 'slave' }, /master/],
    ['no append-only file', { aofEnabled: false }, /appendonly/],
    ['a sync each second', { appendfsync: 'everysec' }, /appendfsync always/],
    ['a skewed clock', { clockSkewMs: -5_000 }, /-5000 ms/],
    ['a full Redis', { maxmemoryBytes: 1_000, usedMemoryBytes: 801 }, /80 %/],
  ])('names %s', (_name, change, expected) => {
    const concerns = describeRedisConcerns({ ...GOOD, ...change }, 'fsync');
    expect(concerns).toHaveLength(1);
    expect(concerns[0]).toMatch(expected);
  });

  test('asks of Redis only what the durability mode needs', () => {
    expect(describeRedisConcerns({ ...GOOD, aofEnabled: false }, 'memory')).toEqual([]);
    expect(describeRedisConcerns({ ...GOOD, version: '7.2.0', appendfsync: 'everysec' }, 'fsync')).toEqual(
      [],
    );
    expect(describeRedisConcerns(GOOD, 'replicated')).toHaveLength(1);
    expect(describeRedisConcerns({ ...GOOD, replicas: 1 }, 'replicated')).toEqual([]);
  });
});
