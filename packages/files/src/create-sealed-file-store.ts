import type { FileVault } from '@sluice/vault';
import { Readable } from 'node:stream';
import type { FilePlace } from './file-place.ts';
import type { FileStore } from './file-store.ts';

/** A store whose content is sealed. Sizes and positions are those of the content, not of what is stored. Owns `place`. */
export function createSealedFileStore(place: FilePlace, vault: FileVault): FileStore {
  const placeOf = (name: string): string => `file/${name}`;
  return {
    async write(name, content) {
      let bytes = 0;
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        for await (const piece of content) {
          bytes += piece.length;
          yield piece;
        }
      };
      await place.write(name, vault.seal(counted(), placeOf(name)));
      return bytes;
    },
    async read(name, { start = 0 } = {}) {
      const content = await vault.open((from) => place.read(name, { start: from }), placeOf(name), start);
      return content && Readable.from(content, { objectMode: false });
    },
    remove: (name) => place.remove(name),
    tidy: () => place.tidy(),
    close: () => place.close(),
  };
}
