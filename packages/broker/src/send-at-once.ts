import type { Redis } from 'ioredis';
import type { Script } from './script.ts';

export type Command = readonly [name: string, ...args: (string | number)[]];

export function scriptCommand(
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Command {
  return ['evalsha', script.sha, keys.length, ...keys, ...args];
}

/**
 * Sends commands to one server in a single write; it carries them out in this order. Answers each in the same order,
 * null for a script that the server does not hold. Rejects with the first other error; what came after it may have
 * been done.
 */
export async function sendAtOnce(redis: Redis, commands: readonly Command[]): Promise<unknown[]> {
  const pipeline = redis.pipeline();
  for (const [name, ...args] of commands) pipeline.call(name, ...args);
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, reply]) => {
    if (error === null) return reply;
    if (error.message.startsWith('NOSCRIPT')) return null;
    throw error;
  });
}
