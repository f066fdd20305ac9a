import type { FileRecord } from '@sluice/broker';
import { ApiError, DEFAULT_FILE_LIFETIME_SECONDS, MAX_FILE_BYTES } from '@sluice/contracts';
import { createHash } from 'node:crypto';
import type { ApiDeps } from '../api-deps.ts';
import { newFileId } from './new-file-id.ts';

type Deps = Pick<ApiDeps, 'files' | 'fileIndex'>;

/** Content that is in the store and not yet anybody's file. */
export interface StoredInput {
  id: string;
  bytes: number;
  /** SHA-256 of the content, hex. */
  hash: string;
}

/**
 * Writes content to the store as it arrives.
 * @throws ApiError `file_too_large` above 200 MB, or whatever reading the content rejects with; nothing is kept then.
 */
export async function storeInput(
  content: AsyncIterable<Uint8Array>,
  { files, fileIndex }: Deps,
  { maxBytes = MAX_FILE_BYTES }: { maxBytes?: number } = {},
): Promise<StoredInput> {
  const id = newFileId();
  const hash = createHash('sha256');
  const bounded = async function* (): AsyncGenerator<Uint8Array> {
    let sum = 0;
    for await (const piece of content) {
      sum += piece.length;
      if (sum > maxBytes) {
        throw new ApiError('file_too_large', `The file is larger than ${maxBytes} bytes.`, { param: 'file' });
      }
      hash.update(piece);
      yield piece;
    }
  };
  await fileIndex.announce(id);
  const bytes = await files.write(id, bounded());
  return { id, bytes, hash: hash.digest('hex') };
}

/** Makes stored content a tenant's file. */
export async function addInputFile(
  input: StoredInput,
  {
    tenant,
    filename,
    lifetimeSeconds = DEFAULT_FILE_LIFETIME_SECONDS,
  }: { tenant: string; filename: string; lifetimeSeconds?: number | undefined },
  { fileIndex }: Deps,
): Promise<FileRecord> {
  const createdAtMs = Date.now();
  const file: FileRecord = {
    id: input.id,
    tenant,
    filename,
    purpose: 'batch',
    bytes: input.bytes,
    createdAtMs,
    expiresAtMs: createdAtMs + lifetimeSeconds * 1_000,
  };
  await fileIndex.add(file);
  return file;
}

/** Removes stored content that nobody needs after all. */
export async function dropInput({ id }: StoredInput, { files, fileIndex }: Deps): Promise<void> {
  await files.remove(id);
  await fileIndex.forget(id);
}
