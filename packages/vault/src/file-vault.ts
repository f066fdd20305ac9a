/** Stored bytes from a position on; null when there is no such file. */
export type ReadStored = (start: number) => Promise<AsyncIterable<Uint8Array> | null>;

/**
 * Seals the content of files while it is stored, and opens it while it is read, piece by piece: a file of any size is
 * never held. Sealed content opens only in its own place (`file/file-1`).
 */
export interface FileVault {
  /** False: content is stored as it is. */
  readonly seals: boolean;
  /** The content as it is stored. */
  seal(content: AsyncIterable<Uint8Array>, place: string): AsyncIterable<Uint8Array>;
  /**
   * The content that was sealed, from byte `start` on; null when nothing is stored. Content that was stored before the
   * vault had keys passes through unchanged. Reading rejects with a VaultError for a key that is not in the ring, and
   * where content was changed, moved or cut off: what came before that is as it was written.
   */
  open(read: ReadStored, place: string, start?: number): Promise<AsyncIterable<Uint8Array> | null>;
}
