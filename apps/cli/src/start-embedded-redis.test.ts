import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startEmbeddedRedis } from './start-embedded-redis.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-redis-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function withClient<Value>(url: string, use: (redis: Redis) => Promise<Value>): Promise<Value> {
  const redis = new Redis(url);
  redis.on('error', () => {});
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

test('it is durable, evicts nothing, asks for a password, and keeps its data', async () => {
  const first = await startEmbeddedRedis(folder);
  try {
    const settings = await withClient(first.url, async (redis) => {
      await redis.set('kept', 'yes');
      return Promise.all(
        ['appendonly', 'appendfsync', 'maxmemory-policy'].map(async (name) => {
          const answer = await redis.config('GET', name);
          return answer[1];
        }),
      );
    });
    expect(settings).toEqual(['yes', 'always', 'noeviction']);
    const withoutPassword = first.url.replace(/:[^:@]+@/, '');
    await expect(withClient(withoutPassword, (redis) => redis.get('kept'))).rejects.toThrow('NOAUTH');
  } finally {
    await first.close();
    await first.close();
  }

  const second = await startEmbeddedRedis(folder);
  try {
    expect(await withClient(second.url, (redis) => redis.get('kept'))).toBe('yes');
  } finally {
    await second.close();
  }
});

test('a second one on the same folder is refused while the first runs', async () => {
  const first = await startEmbeddedRedis(folder);
  try {
    await expect(startEmbeddedRedis(folder)).rejects.toThrow(/is in use by process \d+/);
  } finally {
    await first.close();
  }
});

test('one that is killed is started again on the same address with its data', async () => {
  const embedded = await startEmbeddedRedis(folder);
  try {
    await withClient(embedded.url, async (redis) => {
      await redis.set('kept', 'yes');
      const info = await redis.info('server');
      process.kill(Number(/process_id:(\d+)/.exec(info)?.[1]), 'SIGKILL');
    });
    expect(await withClient(embedded.url, (redis) => redis.get('kept'))).toBe('yes');
  } finally {
    await embedded.close();
  }
});
