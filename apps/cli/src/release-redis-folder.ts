import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { CliError } from './cli-error.ts';
import { isProcessAlive } from './is-process-alive.ts';

const STOP_TIMEOUT_MS = 20_000;

/**
 * Two Redis servers on one append-only file would destroy it. Refuses when the folder is in use by a living
 * process; ends a server that a killed owner has left behind.
 */
export async function releaseRedisFolder(folder: string): Promise<void> {
  const ownerFile = join(folder, 'owner.json');
  const owner = readOwner(ownerFile);
  if (!owner) return;
  const redis = new Redis(owner.url, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 2_000,
    commandTimeout: 5_000,
  });
  redis.on('error', () => {});
  try {
    const answers = await redis.connect().then(
      () => true,
      () => false,
    );
    if (answers && isProcessAlive(owner.pid)) {
      throw new CliError(
        `The data in ${folder} is in use by process ${owner.pid}: stop that one, or name another folder with --folder.`,
      );
    }
    if (answers) await endServer(redis);
  } finally {
    redis.disconnect();
  }
  rmSync(ownerFile, { force: true });
}

/** Redis closes the connection when it has ended; only then is the folder free. */
async function endServer(redis: Redis): Promise<void> {
  redis.shutdown().catch(() => {});
  const endMs = performance.now() + STOP_TIMEOUT_MS;
  while (redis.status !== 'end' && performance.now() < endMs) await delay(50);
}

function readOwner(path: string): { url: string; pid: number } | null {
  try {
    const { url, owner_pid: pid } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    return typeof url === 'string' && typeof pid === 'number' ? { url, pid } : null;
  } catch {
    return null;
  }
}
