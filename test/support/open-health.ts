import { createHealthStore, createKeys, type HealthStore } from '@sluice/broker';
import { Redis } from 'ioredis';
import type { Stack } from './start-stack.ts';

/** What a stack's Redis knows of the health of its providers, to look at and to set. */
export function openHealth({ redis, environment }: Pick<Stack, 'redis' | 'environment'>): {
  store: HealthStore;
  close(): void;
} {
  const connection = new Redis(redis.url);
  return {
    store: createHealthStore({ redis: connection, keys: createKeys(environment.redisPrefix) }),
    close: () => connection.disconnect(),
  };
}
