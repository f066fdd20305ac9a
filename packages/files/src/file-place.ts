import type { FileStore } from './file-store.ts';

/** Where a file store keeps its bytes: a folder, a bucket. What it is given to write is sealed already. */
export interface FilePlace extends Omit<FileStore, 'write'> {
  /** As `FileStore.write`. */
  write(name: string, content: AsyncIterable<Uint8Array>): Promise<void>;
}
