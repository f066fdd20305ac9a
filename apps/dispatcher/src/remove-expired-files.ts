import type { FileIndex } from '@sluice/broker';
import type { FileStore } from '@sluice/files';

/** Files that one round removes at most. */
const LIMIT = 500;

/**
 * Removes files whose time has come: their content, and last what says so, so that a round that is cut off is made
 * good by the next. One that a batch still reads stays until that has ended. Returns how many were removed.
 */
export async function removeExpiredFiles({
  fileIndex,
  files,
}: {
  fileIndex: FileIndex;
  files: FileStore;
}): Promise<number> {
  let removed = 0;
  for (const id of await fileIndex.due(LIMIT)) {
    const outcome = await fileIndex.expire(id);
    if (outcome.status === 'pinned') continue;
    await files.remove(id);
    await fileIndex.forget(id);
    removed += 1;
  }
  await files.tidy();
  return removed;
}
