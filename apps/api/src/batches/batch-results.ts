import type { BatchRecord, TenantJobs } from '@sluice/broker';
import { isEndedBatch } from '@sluice/contracts';
import type { ApiDeps } from '../api-deps.ts';
import { endedLines } from './ended-lines.ts';

const PIECE_CHARACTERS = 64 * 1024;

/** All lines of a batch that have ended, one JSON text a line: from its files once they are written. */
export async function* batchResults(
  batch: BatchRecord,
  deps: Pick<ApiDeps, 'batches' | 'files' | 'baseUrl'> & { jobs: TenantJobs },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (isEndedBatch(batch.status)) {
    for (const id of [batch.outputFileId, batch.errorFileId]) {
      const content = id === null ? null : await deps.files.read(id);
      if (content) yield* content as AsyncIterable<Uint8Array>;
    }
    return;
  }
  let text = '';
  for await (const line of endedLines(batch, deps, signal)) {
    text += `${line.text}\n`;
    if (text.length < PIECE_CHARACTERS) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}
