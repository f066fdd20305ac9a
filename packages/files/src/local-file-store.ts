import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileName } from './file-name.ts';
import type { FilePlace } from './file-place.ts';

const UNFINISHED = '.part';
const UNFINISHED_KEPT_MS = 86_400_000;

/** Files in one folder of this machine; made when the first is written. A write is on disk when it resolves. */
export function createLocalFileStore(path: string): FilePlace {
  const folder = resolve(path);
  const place = (name: string): string => join(folder, fileName(name));

  return {
    async write(name, content) {
      const final = place(name);
      const unfinished = `${final}.${randomBytes(6).toString('hex')}${UNFINISHED}`;
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await pipeline(content, createWriteStream(unfinished, { flush: true, mode: 0o600 }));
        await rename(unfinished, final);
      } catch (error) {
        await rm(unfinished, { force: true }).catch(() => undefined);
        throw error;
      }
    },
    async read(name, { start = 0 } = {}) {
      try {
        const file = await open(place(name), 'r');
        return file.createReadStream({ start, highWaterMark: 64 * 1024 });
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    remove: (name) => rm(place(name), { force: true }),
    async tidy() {
      const names = await readdir(folder).catch((error: unknown) => {
        if (isMissing(error)) return [];
        throw error;
      });
      for (const name of names.filter((entry) => entry.endsWith(UNFINISHED))) {
        const facts = await stat(join(folder, name)).catch(() => null);
        if (facts && Date.now() - facts.mtimeMs > UNFINISHED_KEPT_MS)
          await rm(join(folder, name), { force: true });
      }
    },
    close: async () => {},
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
