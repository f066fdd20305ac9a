import { Redis } from 'ioredis';

/** Every key and value of a Redis, or those whose key fits a pattern, as one text. */
export async function dumpRedis(url: string, pattern = '*'): Promise<string> {
  const redis = new Redis(url);
  const texts: string[] = [];
  for (const name of await redis.keys(pattern)) {
    texts.push(name, ...(await valuesOf(redis, name)));
  }
  redis.disconnect();
  return texts.join('\n');
}

async function valuesOf(redis: Redis, name: string): Promise<string[]> {
  switch (await redis.type(name)) {
    case 'string':
      return [(await redis.get(name)) ?? ''];
    case 'list':
      return redis.lrange(name, 0, -1);
    case 'hash':
      return Object.entries(await redis.hgetall(name)).flat();
    case 'set':
      return redis.smembers(name);
    case 'zset':
      return redis.zrange(name, '0', '-1');
    case 'stream':
      return [JSON.stringify(await redis.xrange(name, '-', '+'))];
    default:
      return [];
  }
}
