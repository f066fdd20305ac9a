import { DEFAULT_FILE_LIFETIME_SECONDS } from '@sluice/contracts';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { openTenant } from '../tenant-handles.ts';
import type { BatchWork, BatchWorkDeps } from './batch-work.ts';
import { endedLines } from './ended-lines.ts';

const BUFFER_BYTES = 256 * 1024;

/** Ids of the files that were written; null for one that would be empty. */
export interface ResultFiles {
  outputFileId: string | null;
  errorFileId: string | null;
}

/**
 * Writes the output and error files of a batch whose lines have all ended. The files' ids follow from the batch's,
 * so when a process is lost on the way, the next one writes the same files again.
 */
export async function writeResultFiles(
  { batch, signal }: BatchWork,
  deps: BatchWorkDeps,
): Promise<ResultFiles> {
  const digits = batch.id.slice('batch_'.length);
  const output = openResultFile(`file-${digits}a`, `${batch.id}_output.jsonl`);
  const errors = openResultFile(`file-${digits}b`, `${batch.id}_error.jsonl`);
  try {
    for await (const { answered, text } of endedLines(
      batch,
      { ...openTenant(deps, batch), baseUrl: deps.baseUrl },
      signal,
    )) {
      await (answered ? output : errors).write(`${text}\n`);
    }
    return { outputFileId: await output.close(), errorFileId: await errors.close() };
  } catch (error) {
    output.destroy(error as Error);
    errors.destroy(error as Error);
    throw error;
  }

  /** Opened with its first line. */
  function openResultFile(id: string, filename: string) {
    let content: PassThrough | null = null;
    let stored: Promise<number> | null = null;
    let failure: unknown = null;
    return {
      async write(text: string): Promise<void> {
        if (content === null) {
          content = new PassThrough({ highWaterMark: BUFFER_BYTES });
          await deps.fileIndex.announce(id);
          stored = deps.files.write(id, content);
          stored.catch((error: unknown) => {
            failure = error;
            content?.destroy();
          });
        }
        if (failure) throw failure;
        if (!content.write(text)) await once(content, 'drain', { signal });
      },
      async close(): Promise<string | null> {
        if (content === null || stored === null) return null;
        content.end();
        const bytes = await stored;
        const nowMs = Date.now();
        const lifetime = batch.outputExpiresAfterSeconds ?? DEFAULT_FILE_LIFETIME_SECONDS;
        await deps.fileIndex.add({
          id,
          tenant: batch.tenant,
          filename,
          purpose: 'batch_output',
          bytes,
          createdAtMs: nowMs,
          expiresAtMs: nowMs + lifetime * 1_000,
        });
        return id;
      },
      destroy(error: Error): void {
        content?.destroy(error);
      },
    };
  }
}
