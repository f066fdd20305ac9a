import { hasLine, type BatchRecord } from '@sluice/broker';
import { ApiError, isEndedBatch } from '@sluice/contracts';
import type { FastifyRequest } from 'fastify';
import type { ApiDeps } from '../api-deps.ts';
import { hashBody } from '../hash-body.ts';
import { batchOfInput } from './batch-of-input.ts';
import { MAX_LINE_BYTES } from './batch-limits.ts';
import { createBatch } from './create-batch.ts';
import { createYielder } from './create-yielder.ts';
import { readLines } from './read-lines.ts';

const PIECE_CHARACTERS = 64 * 1024;

/**
 * A new batch of the lines that ended without an answer, with the options of the old one.
 * @throws ApiError `batch_not_ended`, `nothing_to_retry`, `not_found` (the input is gone), and as `createBatch`.
 */
export async function retryBatch(
  http: Pick<FastifyRequest, 'headers' | 'caller'>,
  old: BatchRecord,
  deps: ApiDeps,
): Promise<{ batch: BatchRecord; replayed: boolean }> {
  const { batches, files } = http.caller;
  const noRetry = { param: 'id', headers: { 'x-should-retry': 'false' } };
  if (!isEndedBatch(old.status))
    throw new ApiError('batch_not_ended', `The batch is ${old.status}.`, noRetry);
  if (old.failed === 0) throw new ApiError('nothing_to_retry', 'No line of the batch failed.', noRetry);
  const content = await files.readOf(old, 'input');
  if (!content) {
    throw new ApiError('not_found', `The input file ${old.inputFileId} is gone.`, { param: 'input_file_id' });
  }
  const unanswered = await batches.unansweredLines(old);
  const input = await files.store(linesOf(content, unanswered));
  return batchOfInput(input, files, () => makeBatch(http, old, input.id, deps));
}

function makeBatch(
  http: Pick<FastifyRequest, 'headers' | 'caller'>,
  old: BatchRecord,
  inputFileId: string,
  deps: ApiDeps,
): ReturnType<typeof createBatch> {
  return createBatch(
    http,
    {
      inputFileId,
      endpoint: old.endpoint,
      dialect: old.dialect,
      bodyHash: hashBody({ retry: old.id }),
      retriedFrom: old.id,
      options: {
        completion_window: old.completionWindow,
        tier: old.tier,
        lane: old.lane,
        ...(old.route === null ? {} : { route: old.route }),
        ...(old.chain === null ? {} : { chain: [...old.chain] }),
        ...(old.metadata === null ? {} : { metadata: { ...old.metadata } }),
        ...(old.webhook === null ? {} : { webhook: { ...old.webhook, events: [...old.webhook.events] } }),
        ...(old.outputExpiresAfterSeconds === null
          ? {}
          : {
              output_expires_after: {
                anchor: 'created_at' as const,
                seconds: old.outputExpiresAfterSeconds,
              },
            }),
        tags: [...old.tags],
      },
    },
    deps,
  );
}

async function* linesOf(
  content: AsyncIterable<Uint8Array>,
  wanted: Buffer,
): AsyncGenerator<Uint8Array, void, undefined> {
  const turn = createYielder();
  let number = 0;
  let text = '';
  for await (const lines of readLines(content, { maxLineBytes: MAX_LINE_BYTES })) {
    for (const line of lines) {
      await turn();
      if (line.fault === null && line.text.trim() === '') continue;
      number += 1;
      if (!hasLine(wanted, number)) continue;
      text += `${line.text}\n`;
      if (text.length < PIECE_CHARACTERS) continue;
      yield Buffer.from(text);
      text = '';
    }
  }
  if (text !== '') yield Buffer.from(text);
}
