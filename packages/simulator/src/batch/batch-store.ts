import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimulatedBatch } from './simulated-batch.ts';

/** More is forgotten, the oldest first. */
const MAX_BATCHES = 2_000;
const MAX_FILES = 5_000;
const MAX_FILE_BYTES = 8 * 1_024 ** 3;

/** A file that a caller has uploaded, or that a batch has written. */
export interface SimulatedFile<Facts = unknown> {
  id: string;
  path: string;
  bytes: number;
  createdAtMs: number;
  facts: Facts;
}

/** Batches and files of one account. Contents are on the disk, in a folder of its own that `close` removes. */
export interface BatchStore {
  /** Aborted by `close`. */
  readonly signal: AbortSignal;
  newPath(): Promise<string>;
  addFile(file: SimulatedFile): void;
  file(id: string): SimulatedFile | null;
  /** The newest first. */
  files(): SimulatedFile[];
  deleteFile(id: string): Promise<boolean>;
  addBatch(batch: SimulatedBatch, run: Promise<void>): void;
  batch(id: string): SimulatedBatch | null;
  /** The newest first. */
  batches(): SimulatedBatch[];
  deleteBatch(id: string): void;
  /** How many batches there have been. */
  count(): number;
  /** Stops what runs and removes all. Idempotent. */
  close(): Promise<void>;
}

export function createBatchStore(): BatchStore {
  const controller = new AbortController();
  const files = new Map<string, SimulatedFile>();
  const batches = new Map<string, SimulatedBatch>();
  const runs = new Set<Promise<void>>();
  let folder: Promise<string> | null = null;
  let bytes = 0;
  let pathCount = 0;
  let created = 0;
  let closing: Promise<void> | null = null;

  async function dropFile(file: SimulatedFile): Promise<void> {
    files.delete(file.id);
    bytes -= file.bytes;
    await rm(file.path, { force: true });
  }

  async function dropBatch({ id, ledgerPath, results: { output, error } }: SimulatedBatch): Promise<void> {
    batches.delete(id);
    const own = [output, error].filter((result) => result !== null && !files.has(result.id));
    const paths = [ledgerPath, ...own.map((result) => result!.path)];
    await Promise.all(paths.map((path) => rm(path, { force: true })));
  }

  async function end(): Promise<void> {
    controller.abort();
    await Promise.allSettled(runs);
    if (folder) await rm(await folder, { recursive: true, force: true });
  }

  return {
    signal: controller.signal,
    async newPath() {
      folder ??= mkdtemp(join(tmpdir(), 'sluice-simulator-'));
      pathCount += 1;
      const name = String(pathCount);
      return join(await folder, name);
    },
    addFile(file) {
      files.set(file.id, file);
      bytes += file.bytes;
      for (const oldest of files.values()) {
        if (files.size <= MAX_FILES && bytes <= MAX_FILE_BYTES) break;
        void dropFile(oldest);
      }
    },
    file: (id) => files.get(id) ?? null,
    files: () => [...files.values()].reverse(),
    async deleteFile(id) {
      const file = files.get(id);
      if (file) await dropFile(file);
      return file !== undefined;
    },
    addBatch(batch, run) {
      created += 1;
      batches.set(batch.id, batch);
      const settled = run.finally(() => runs.delete(settled));
      runs.add(settled);
      for (const oldest of batches.values()) {
        if (batches.size <= MAX_BATCHES) break;
        if (oldest.endedAtMs !== null) void dropBatch(oldest);
      }
    },
    batch: (id) => batches.get(id) ?? null,
    batches: () => [...batches.values()].reverse(),
    deleteBatch(id) {
      const batch = batches.get(id);
      if (batch) void dropBatch(batch);
    },
    count: () => created,
    close: () => (closing ??= end()),
  };
}
