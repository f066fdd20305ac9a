import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DevFile } from './write-dev-file.ts';

/** Null when there is none, or one that is not ours. */
export function readDevFile(folder: string): DevFile | null {
  try {
    const { url, key, redis_url } = JSON.parse(readFileSync(join(folder, 'dev.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    if (typeof url !== 'string' || typeof key !== 'string' || typeof redis_url !== 'string') return null;
    return { url, key, redis_url };
  } catch {
    return null;
  }
}
