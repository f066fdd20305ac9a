import type { StorageConfig } from '@sluice/contracts';
import type { FileVault } from '@sluice/vault';
import { createSealedFileStore } from './create-sealed-file-store.ts';
import type { FilePlace } from './file-place.ts';
import type { FileStore } from './file-store.ts';
import { createLocalFileStore } from './local-file-store.ts';
import { tellFailures } from './tell-failures.ts';

/**
 * The store that the configuration names, sealed by the vault. Rejects with `StorageFailed` when its place fails. The
 * caller owns it.
 */
export async function openFileStore(storage: StorageConfig, vault: FileVault): Promise<FileStore> {
  return createSealedFileStore(tellFailures(await openPlace(storage)), vault);
}

/** S3's client is loaded only when it is used. */
async function openPlace(storage: StorageConfig): Promise<FilePlace> {
  if (storage.kind === 'local') return createLocalFileStore(storage.path);
  const { createS3FileStore } = await import('./s3-file-store.ts');
  return createS3FileStore(storage);
}
