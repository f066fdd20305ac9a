const CODES: ReadonlySet<unknown> = new Set([
  'EACCES',
  'EDQUOT',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOENT',
  'ENOSPC',
  'ENOTDIR',
  'EPERM',
  'EROFS',
]);

/** The place of the files can't be written: it is full, missing or forbidden. What was being written is not kept. */
export class StorageFailed extends Error {
  override readonly name = 'StorageFailed';

  /** Null for an error of another kind, as the content's own. */
  static of(error: unknown): StorageFailed | null {
    if (!(error instanceof Error) || !('code' in error) || !CODES.has(error.code)) return null;
    return new StorageFailed(`files can't be written: ${error.message}`, { cause: error });
  }
}
