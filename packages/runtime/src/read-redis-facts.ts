import type { Redis } from 'ioredis';

/** What the broker's promises depend on. Null: Redis does not tell (managed services hide `CONFIG`). */
export interface RedisFacts {
  version: string;
  mode: string;
  maxmemoryPolicy: string | null;
  /** 0: no limit. */
  maxmemoryBytes: number;
  usedMemoryBytes: number;
  aofEnabled: boolean;
  appendfsync: string | null;
  role: string;
  replicas: number;
  /** Redis' clock minus ours, in milliseconds, give or take half a round trip. */
  clockSkewMs: number;
  roundTripMs: number;
}

/** Reads them in at most three round trips. Rejects as the connection's commands do. */
export async function readRedisFacts(redis: Redis): Promise<RedisFacts> {
  const sentAtMs = Date.now();
  const sentAt = performance.now();
  const [seconds, microseconds] = await redis.time();
  const roundTripMs = performance.now() - sentAt;
  const redisNowMs = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  const [infoText, policy, appendfsync] = await Promise.all([
    redis.info(),
    configValue(redis, 'maxmemory-policy'),
    configValue(redis, 'appendfsync'),
  ]);
  const info = parseInfo(infoText);
  return {
    version: info.get('redis_version') ?? 'unknown',
    mode: info.get('redis_mode') ?? 'unknown',
    maxmemoryPolicy: info.get('maxmemory_policy') ?? policy,
    maxmemoryBytes: Number(info.get('maxmemory') ?? 0),
    usedMemoryBytes: Number(info.get('used_memory') ?? 0),
    aofEnabled: info.get('aof_enabled') === '1',
    appendfsync,
    role: info.get('role') ?? 'unknown',
    replicas: Number(info.get('connected_slaves') ?? 0),
    clockSkewMs: Math.round(redisNowMs - (sentAtMs + roundTripMs / 2)),
    roundTripMs: Math.round(roundTripMs * 100) / 100,
  };
}

async function configValue(redis: Redis, name: string): Promise<string | null> {
  try {
    const answer = (await redis.config('GET', name)) as unknown;
    if (Array.isArray(answer)) return (answer[1] as string | undefined) ?? null;
    return ((answer as Record<string, string> | null) ?? {})[name] ?? null;
  } catch (error) {
    // Managed services rename or forbid CONFIG; anything else (a lost connection) is the caller's matter.
    if ((error as Error).name === 'ReplyError') return null;
    throw error;
  }
}

function parseInfo(text: string): Map<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
  );
}
