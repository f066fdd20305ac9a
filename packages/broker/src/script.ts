import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Cluster, Redis } from 'ioredis';

export type RedisClient = Redis | Cluster;

export interface Script {
  readonly source: string;
  readonly sha: string;
}

/** Reads `lua/<name>.lua` with the files that its `-- include: a, b` line names put before it. */
export function readScript(name: string): Script {
  const body = readLua(`${name}.lua`);
  const included = /^-- include: (.+)$/m.exec(body)?.[1]?.split(', ') ?? [];
  const source = [...included.map((file) => readLua(`include/${file}.lua`)), body].join('\n');
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

function readLua(path: string): string {
  return readFileSync(new URL(`./lua/${path}`, import.meta.url), 'utf8');
}

/** Runs a script by its digest; sends its text once when the server does not hold it (after a restart or failover). */
export async function runScript(
  redis: RedisClient,
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await redis.evalsha(script.sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return redis.eval(script.source, keys.length, ...keys, ...args);
  }
}
