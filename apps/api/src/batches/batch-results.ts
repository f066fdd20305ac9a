import type { BatchRecord } from '@sluice/broker';
import { isEndedBatch } from '@sluice/contracts';
import type { ApiDeps } from '../api-deps.ts';
import type { TenantHandles } from '../tenant-handles.ts';
import { endedLines } from './ended-lines.ts';

const PIECE_CHARACTERS = 64 * 1024;

/** All lines of a batch that have ended, one JSON text a line: from its files once they are written. */
export async function* batchResults(
  batch: BatchRecord,
  deps: Pick<TenantHandles, 'jobs' | 'batches' | 'files'> & Pick<ApiDeps, 'baseUrl'>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (isEndedBatch(batch.status)) {
    for (const part of ['output', 'errors'] as const) {
      const content = await deps.files.readOf(batch, part);
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
