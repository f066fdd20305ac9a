import type { BatchRecord } from '@sluice/broker';
import type { TenantStores } from '../tenant-handles.ts';
import { removeContent } from './remove-content.ts';

/**
 * The batch has ended and needs its input no more: when the file was deleted meanwhile, and no other batch reads it, its
 * content goes now. May be repeated.
 */
export async function releaseInput(
  { id, inputFileId }: BatchRecord,
  stores: Pick<TenantStores, 'fileIndex' | 'files'>,
): Promise<void> {
  if ((await stores.fileIndex.unpin(inputFileId, id)) === 'dropped') await removeContent(inputFileId, stores);
}
