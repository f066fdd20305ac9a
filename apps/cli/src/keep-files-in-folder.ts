import { join } from 'node:path';
import { storageConfigSchema, type Config } from '@sluice/contracts';

const DEFAULT = storageConfigSchema.parse({ kind: 'local' });

/** Files are kept with the rest of a local broker's state, unless the configuration names a place of their own. */
export function keepFilesInFolder(config: Config, folder: string): Config {
  const { storage } = config;
  const isDefault = storage.kind === 'local' && DEFAULT.kind === 'local' && storage.path === DEFAULT.path;
  return isDefault ? { ...config, storage: { ...storage, path: join(folder, 'files') } } : config;
}
