import type { Readable } from 'node:stream';

/**
 * Where the content of uploaded and written files is kept. Names are the broker's own ids, never callers' text.
 * Every store passes one conformance suite (`test/conformance/file-stores.test.ts`).
 */
export interface FileStore {
  /**
   * Stores all that `content` yields, in place of what was there. Until it is whole, nothing of it can be read; when
   * `content` rejects, so does this, and nothing is stored. Holds a few megabytes at most, whatever the size.
   * Resolves with the number of bytes.
   */
  write(name: string, content: AsyncIterable<Uint8Array>): Promise<number>;
  /** The content from byte `start` on; null when there is no such file. */
  read(name: string, options?: { start?: number }): Promise<Readable | null>;
  /** Idempotent. */
  remove(name: string): Promise<void>;
  /** Removes what writes of lost processes left behind more than a day ago. */
  tidy(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}
