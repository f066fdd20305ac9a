import { configSchema } from '@sluice/contracts';
import { expect, test } from 'vitest';
import { keepFilesInFolder } from './keep-files-in-folder.ts';

test('files are in the folder of the state, unless the configuration names another place', () => {
  const config = configSchema.parse({});
  expect(keepFilesInFolder(config, 'state').storage).toEqual({ kind: 'local', path: 'state/files' });
  expect(keepFilesInFolder(config, '.sluice').storage).toEqual(config.storage);
  for (const storage of [
    { kind: 'local', path: '/data' },
    { kind: 's3', bucket: 'b' },
  ]) {
    const own = configSchema.parse({ storage });
    expect(keepFilesInFolder(own, 'state')).toBe(own);
  }
});
