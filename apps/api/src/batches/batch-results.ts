import type { BatchRecord } from '@sluice/broker';
import { Readable } from 'node:stream';
import { ApiError, isEndedBatch } from '@sluice/contracts';
import type { ApiDeps } from '../api-deps.ts';
import type { TenantHandles } from '../tenant-handles.ts';
import { endedLines } from './ended-lines.ts';

const PIECE_CHARACTERS = 64 * 1024;

type Deps = Pick<TenantHandles, 'jobs' | 'batches' | 'files'> & Pick<ApiDeps, 'baseUrl'>;

/**
 * All lines of a batch that have ended, one JSON text a line: from its files once they are written.
 * @throws ApiError `not_found` when one of these was deleted or has expired, before anything is read.
 */
export async function batchResults(batch: BatchRecord, deps: Deps, signal: AbortSignal): Promise<Readable> {
  if (!isEndedBatch(batch.status)) return Readable.from(soFar(batch, deps, signal), { objectMode: false });
  for (const id of [batch.outputFileId, batch.errorFileId]) {
    if (id === null || (await deps.files.get(id))) continue;
    throw gone(id);
  }
  return Readable.from(fromFiles(batch, deps), { objectMode: false });
}

async function* fromFiles(batch: BatchRecord, { files }: Deps): AsyncGenerator<Uint8Array, void, undefined> {
  for (const [part, id] of [
    ['output', batch.outputFileId],
    ['errors', batch.errorFileId],
  ] as const) {
    if (id === null) continue;
    const content = await files.readOf(batch, part);
    if (!content) throw gone(id);
    yield* content as AsyncIterable<Uint8Array>;
  }
}

function gone(id: string): ApiError {
  return new ApiError('not_found', `The results in ${id} are gone: the file was deleted or has expired.`, {
    param: 'id',
  });
}

async function* soFar(
  batch: BatchRecord,
  deps: Deps,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let text = '';
  for await (const line of endedLines(batch, deps, signal)) {
    text += `${line.text}\n`;
    if (text.length < PIECE_CHARACTERS) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}
