import type { StorageConfig } from '@sluice/contracts';
import type { FileStore } from './file-store.ts';
import { createLocalFileStore } from './local-file-store.ts';

/** The store that the configuration names. The caller owns it. S3's client is loaded only when it is used. */
export async function openFileStore(storage: StorageConfig): Promise<FileStore> {
  if (storage.kind === 'local') return createLocalFileStore(storage.path);
  const { createS3FileStore } = await import('./s3-file-store.ts');
  return createS3FileStore(storage);
}
