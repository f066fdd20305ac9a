import type { BatchRecord } from '@sluice/broker';
import type { BatchError } from '@sluice/contracts';
import { maxLines, MAX_LINE_BYTES, MAX_LISTED_ERRORS } from './batch-limits.ts';
import { createYielder } from './create-yielder.ts';
import { EMPTY_FILE, judgeLines } from './judge-lines.ts';
import { callerOfBatch, createLineToJob, type LineToJobDeps } from './line-to-job.ts';
import { readLines } from './read-lines.ts';

export type CheckedInput =
  | { status: 'ok'; total: number; model: string | null }
  | { status: 'faulty'; errors: readonly BatchError[] };

/**
 * Checks every line of a batch's input, as OpenAI does before it runs any: one fault fails the whole batch, and up
 * to a hundred are listed. Lines in Anthropic's form are judged one by one later; here they are only counted.
 */
export async function checkInput(
  batch: BatchRecord,
  { signal, ...deps }: LineToJobDeps & { signal: AbortSignal },
): Promise<CheckedInput> {
  const content = await deps.files.read(batch.inputFileId);
  if (!content) return failed('input_file_not_found', 'The input file is gone.', 'input_file_id');
  const most = maxLines(batch);
  const errors: BatchError[] = [];
  const models = new Set<string | undefined>();
  let total = 0;
  if (batch.dialect === 'anthropic') total = await countLines(content, { most, signal });
  else {
    const lineToJob = createLineToJob(batch, { ...deps, caller: callerOfBatch(batch, deps) });
    for await (const { line, model, outcome } of judgeLines(content, { batch, lineToJob })) {
      signal.throwIfAborted();
      total += 1;
      if (total > most) break;
      models.add(model);
      if (outcome.status === 'ok') continue;
      errors.push({ ...outcome.fault, line });
      if (errors.length === MAX_LISTED_ERRORS) return { status: 'faulty', errors };
    }
  }
  if (total > most) return failed('too_many_requests', `The file has more than ${most} requests.`, null);
  if (total === 0) return { status: 'faulty', errors: [EMPTY_FILE] };
  if (errors.length > 0) return { status: 'faulty', errors };
  const [model] = models;
  return { status: 'ok', total, model: models.size === 1 ? (model ?? null) : null };
}

/** Lines that are not blank; no more than one above `most` are counted. */
async function countLines(
  content: AsyncIterable<Uint8Array>,
  { most, signal }: { most: number; signal: AbortSignal },
): Promise<number> {
  const turn = createYielder();
  let total = 0;
  for await (const lines of readLines(content, { maxLineBytes: MAX_LINE_BYTES })) {
    signal.throwIfAborted();
    await turn();
    total += lines.filter(({ text, fault }) => fault !== null || text.trim() !== '').length;
    if (total > most) return total;
  }
  return total;
}

function failed(code: string, message: string, param: string | null): CheckedInput {
  return { status: 'faulty', errors: [{ code, message, param, line: null }] };
}
