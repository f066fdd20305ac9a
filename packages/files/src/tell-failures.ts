import { fileName } from './file-name.ts';
import type { FilePlace } from './file-place.ts';
import { StorageFailed } from './storage-failed.ts';

/** The same place; what fails at its place is a `StorageFailed`, what fails in the content to be written stays as it is. */
export function tellFailures(place: FilePlace): FilePlace {
  return {
    ...place,
    async write(name, content) {
      fileName(name);
      let ofContent: { error: unknown } | null = null;
      const watched = async function* (): AsyncGenerator<Uint8Array> {
        const source = content[Symbol.asyncIterator]();
        // Not by `for await`: a stream that fails at the place throws into what it reads.
        const next = async () => {
          try {
            return await source.next();
          } catch (error) {
            ofContent = { error };
            throw error;
          }
        };
        try {
          for (let piece = await next(); !piece.done; piece = await next()) yield piece.value;
        } finally {
          await source.return?.();
        }
      };
      try {
        await place.write(name, watched());
      } catch (error) {
        const failed = ofContent as { error: unknown } | null;
        throw failed ? failed.error : new StorageFailed(error);
      }
    },
    async read(name, options) {
      fileName(name);
      return told(place.read(name, options));
    },
    async remove(name) {
      fileName(name);
      return told(place.remove(name));
    },
  };
}

async function told<Value>(answer: Promise<Value>): Promise<Value> {
  try {
    return await answer;
  } catch (error) {
    throw new StorageFailed(error);
  }
}
