import type { BatchRecord } from '@sluice/broker';
import type { TenantStores } from '../tenant-handles.ts';

/**
 * The batch has ended and needs its input no more: when the file was deleted meanwhile, and no other batch reads it, its
 * content goes now. May be repeated.
 */
export async function releaseInput(
  { id, inputFileId }: BatchRecord,
  { fileIndex, files }: Pick<TenantStores, 'fileIndex' | 'files'>,
): Promise<void> {
  if ((await fileIndex.unpin(inputFileId, id)) === 'kept') return;
  await files.remove(inputFileId);
  await fileIndex.forget(inputFileId);
}
