import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `.sluice/dev.json`: how to reach the broker that `sluice dev` runs, so that other commands need no flags. */
export interface DevFile {
  url: string;
  key: string;
  redis_url: string;
}

/** Readable by its owner only: it holds a key. */
export function writeDevFile(folder: string, content: DevFile): void {
  const path = join(folder, 'dev.json');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  // The mode above only holds for a new file.
  chmodSync(path, 0o600);
}
