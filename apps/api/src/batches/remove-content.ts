import type { TenantStores } from '../tenant-handles.ts';

/** Removes what is stored under a file's id, and last what says so: a round of the dispatcher makes good what is cut off. */
export async function removeContent(
  id: string,
  { fileIndex, files }: Pick<TenantStores, 'fileIndex' | 'files'>,
): Promise<void> {
  await files.remove(id);
  await fileIndex.forget(id);
}
