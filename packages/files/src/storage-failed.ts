/**
 * The place of the files does not answer, or can't be written: it is full, missing or forbidden. What was being written
 * is not kept.
 */
export class StorageFailed extends Error {
  override readonly name = 'StorageFailed';

  constructor(cause: unknown) {
    super(`the place of the files fails: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
