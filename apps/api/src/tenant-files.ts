import type { BatchRecord, FileIndex, FileRecord } from '@sluice/broker';
import { DEFAULT_FILE_LIFETIME_SECONDS, MAX_FILE_BYTES } from '@sluice/contracts';
import type { FileStore } from '@sluice/files';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { boundBytes } from './batches/bound-bytes.ts';
import { newFileId } from './batches/new-file-id.ts';
import { removeContent } from './batches/remove-content.ts';

/** Content of a tenant that is in the store and not yet a file. */
export interface StoredInput {
  id: string;
  tenant: string;
  bytes: number;
  /** SHA-256 of the content, hex. */
  hash: string;
}

/**
 * One tenant's files, and the content of its batches. Whoever holds it can't name another tenant; what is given as a
 * record is rejected with an Error when it is another tenant's, which is a fault of ours.
 */
export interface TenantFiles {
  readonly tenant: string;
  /**
   * Writes content to the store as it arrives.
   * @throws ApiError `file_too_large`, or whatever reading the content rejects with; nothing is kept then.
   */
  store(content: AsyncIterable<Uint8Array>, options?: { maxBytes?: number }): Promise<StoredInput>;
  /** Makes stored content a file, the input of a batch. */
  add(
    input: StoredInput,
    file: { filename: string; lifetimeSeconds?: number | undefined },
  ): Promise<FileRecord>;
  /** Removes stored content that nobody needs after all, also when it is a file already. Idempotent. */
  discard(input: StoredInput): Promise<void>;
  get(id: string): Promise<FileRecord | null>;
  /** Null: `after` names no file. */
  list(query: Omit<Parameters<FileIndex['list']>[0], 'tenant'>): ReturnType<FileIndex['list']>;
  read(file: Pick<FileRecord, 'id' | 'tenant'>): Promise<Readable | null>;
  /** The content of a batch, also when its file was deleted meanwhile; null when there is none. */
  readOf(batch: BatchRecord, part: 'input' | 'output' | 'errors'): Promise<Readable | null>;
  /** Keeps the content for a batch, until then at most, whatever becomes of the file. False: there is no such file. */
  pin(id: string, batch: { batchId: string; untilMs: number }): Promise<boolean>;
  /** It is gone at once; content that a batch reads goes later. False when there is no such file. */
  remove(id: string): Promise<boolean>;
}

/** The part of the stores that is a tenant's. */
export function createTenantFiles(
  { fileIndex, files }: { fileIndex: FileIndex; files: FileStore },
  tenant: string,
): TenantFiles {
  const own = (record: { tenant: string }): void => {
    if (record.tenant !== tenant) throw new Error('a file of another tenant');
  };
  return {
    tenant,
    async store(content, { maxBytes = MAX_FILE_BYTES } = {}) {
      const id = newFileId();
      const hash = createHash('sha256');
      const hashed = async function* (): AsyncGenerator<Uint8Array> {
        for await (const piece of boundBytes(content, maxBytes)) {
          hash.update(piece);
          yield piece;
        }
      };
      await fileIndex.announce(id);
      const bytes = await files.write(id, hashed());
      return { id, tenant, bytes, hash: hash.digest('hex') };
    },
    async add(input, { filename, lifetimeSeconds = DEFAULT_FILE_LIFETIME_SECONDS }) {
      own(input);
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
    },
    async discard(input) {
      own(input);
      await fileIndex.drop(input.id, tenant);
      await removeContent(input.id, { fileIndex, files });
    },
    get: (id) => fileIndex.get(id, tenant),
    list: (query) => fileIndex.list({ ...query, tenant }),
    async read(file) {
      own(file);
      return files.read(file.id);
    },
    async readOf(batch, part) {
      own(batch);
      const ids = { input: batch.inputFileId, output: batch.outputFileId, errors: batch.errorFileId };
      const id = ids[part];
      return id === null ? null : files.read(id);
    },
    pin: (id, batch) => fileIndex.pin(id, { ...batch, tenant }),
    async remove(id) {
      const { status } = await fileIndex.drop(id, tenant);
      if (status === 'dropped') await removeContent(id, { fileIndex, files });
      return status !== 'not_found';
    },
  };
}
