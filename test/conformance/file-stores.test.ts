import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storageConfigSchema, type StorageConfig } from '@sluice/contracts';
import { openFileStore, StorageFailed, type FileStore } from '@sluice/files';
import { createFileVault } from '@sluice/vault';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startS3Server } from '../support/s3-server.ts';

interface Place {
  storage: StorageConfig;
  close(): Promise<void>;
}

const PLACES: Record<string, () => Promise<Place>> = {
  local: async () => {
    const path = await mkdtemp(join(tmpdir(), 'sluice-files-'));
    return {
      storage: storageConfigSchema.parse({ kind: 'local', path }),
      close: () => rm(path, { recursive: true, force: true }),
    };
  },
  s3: async () => {
    const server = await startS3Server({ bucket: 'sluice-files' });
    const storage = storageConfigSchema.parse({
      kind: 's3',
      bucket: 'sluice-files',
      endpoint: server.endpoint,
      force_path_style: true,
      access_key_id: 'S3RVER',
      secret_access_key: 'S3RVER',
    });
    return { storage, close: () => server.close() };
  },
};

async function* pieces(...all: readonly (string | Buffer)[]): AsyncGenerator<Uint8Array> {
  for (const piece of all) yield Buffer.from(piece as string);
}

async function textOf(store: FileStore, name: string, start = 0): Promise<string | null> {
  const content = await store.read(name, { start });
  if (!content) return null;
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const RINGS = { plain: [], sealed: [{ id: 'a', secret: randomBytes(32) }] };
const KINDS = Object.keys(PLACES).flatMap((kind) =>
  (['plain', 'sealed'] as const).map((rest) => [kind, rest] as const),
);

describe.each(KINDS)('the file store "%s", %s', (kind, rest) => {
  let place: Place;
  let store: FileStore;
  beforeAll(async () => {
    place = await (PLACES[kind] as () => Promise<Place>)();
    store = await openFileStore(place.storage, createFileVault(RINGS[rest]));
  });
  afterAll(async () => {
    await store.close();
    await place.close();
  });

  test('gives back what was written, from any byte on', async () => {
    expect(await store.write('file-1', pieces('Hel', 'lo ', 'world'))).toBe(11);
    expect(await textOf(store, 'file-1')).toBe('Hello world');
    expect(await textOf(store, 'file-1', 6)).toBe('world');
    expect(await textOf(store, 'file-1', 11)).toBe('');
  });

  test('knows nothing of a file that was never written, or was removed', async () => {
    expect(await store.read('file-none')).toBeNull();
    await store.write('file-2', pieces('x'));
    await store.remove('file-2');
    expect(await store.read('file-2')).toBeNull();
    await store.remove('file-2');
  });

  test('a later write takes the place of an earlier one; an empty file is a file', async () => {
    await store.write('file-3', pieces('first'));
    await store.write('file-3', pieces('second'));
    expect(await textOf(store, 'file-3')).toBe('second');
    expect(await store.write('file-4', pieces())).toBe(0);
    expect(await textOf(store, 'file-4')).toBe('');
  });

  test('content that breaks off leaves what was there', async () => {
    await store.write('file-5', pieces('whole'));
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half');
      throw new Error('the upload broke off');
    };
    await expect(store.write('file-5', broken())).rejects.toThrow('the upload broke off');
    expect(await textOf(store, 'file-5')).toBe('whole');
    await expect(store.write('file-6', broken())).rejects.toThrow('the upload broke off');
    expect(await store.read('file-6')).toBeNull();
  });

  test('40 MB come and go in pieces', async () => {
    const block = randomBytes(1024 * 1024);
    const blocks = Array.from({ length: 40 }, () => block);
    expect(await store.write('file-7', pieces(...blocks))).toBe(40 * block.length);
    const content = await store.read('file-7', { start: 39 * block.length });
    const last: Buffer[] = [];
    for await (const chunk of content ?? []) last.push(chunk as Buffer);
    expect(Buffer.concat(last).equals(block)).toBe(true);
  });

  test('a name that leads elsewhere is refused', async () => {
    await expect(store.write('../escape', pieces('x'))).rejects.toThrow(RangeError);
    await expect(store.read('a/b')).rejects.toThrow(RangeError);
  });
});

test('a place that fails is told apart from content that fails', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'sluice-files-')), 'file');
  await writeFile(path, '');
  const server = await startS3Server({ bucket: 'sluice-files' });
  await server.close();
  const s3 = { kind: 's3', bucket: 'b', endpoint: server.endpoint, force_path_style: true };
  const credentials = { access_key_id: 'S3RVER', secret_access_key: 'S3RVER' };
  for (const storage of [
    { kind: 'local', path },
    { ...s3, ...credentials },
  ]) {
    const store = await openFileStore(storageConfigSchema.parse(storage), createFileVault([]));
    await expect(store.write('file-1', pieces('x'))).rejects.toThrow(StorageFailed);
    await store.close();
  }
  await rm(join(path, '..'), { recursive: true, force: true });
});

test('the local store removes what lost processes left half written, after a day', async () => {
  const path = await mkdtemp(join(tmpdir(), 'sluice-files-'));
  const store = await openFileStore(storageConfigSchema.parse({ kind: 'local', path }), createFileVault([]));
  await writeFile(join(path, 'file-8.old.part'), 'x');
  await writeFile(join(path, 'file-9.new.part'), 'x');
  const long = new Date(Date.now() - 2 * 86_400_000);
  await utimes(join(path, 'file-8.old.part'), long, long);
  await store.tidy();
  expect(await readdir(path)).toEqual(['file-9.new.part']);
  await rm(path, { recursive: true, force: true });
});
