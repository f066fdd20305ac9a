import type { NewJob } from '@sluice/broker';
import type { BatchStatus } from '@sluice/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_LINE_BYTES } from './batch-limits.ts';
import type { BatchWork, BatchWorkDeps } from './batch-work.ts';
import { createYielder } from './create-yielder.ts';
import { callerOfBatch, createLineToJob } from './line-to-job.ts';
import { parseBatchLine, type LineFault } from './parse-batch-line.ts';
import { readLines, type InputLine } from './read-lines.ts';

/** Jobs stored at once, and the most text that they may have together: bounds memory and the time of one script. */
const MAX_JOBS_AT_ONCE = 200;
const MAX_BYTES_AT_ONCE = 2 * 1024 * 1024;
/** While the tenant has as many open jobs as it may, or Redis is nearly full. */
const WAIT_FOR_ROOM_MS = 500;

interface Part {
  jobs: NewJob[];
  refused: { line: number; refusal: LineFault & { custom_id: string | null } }[];
  bytes: number;
  /** Last line that is in it, and where the next one begins. */
  line: number;
  endByte: number;
}

/**
 * Makes a job of each line, from where the batch's cursor stands. Ids follow from batch and line, so a part that a
 * lost process has queued is queued again without harm. Returns the batch's status in the end: when somebody has
 * cancelled it meanwhile, lines are left over. Null when the lease is lost.
 */
export async function queueLines(
  { batch, owner, signal }: BatchWork,
  deps: BatchWorkDeps,
): Promise<BatchStatus | null> {
  const { batches, files } = deps;
  const content = await files.read(batch.inputFileId, { start: batch.cursorByte });
  if (!content) throw new Error(`The input ${batch.inputFileId} of ${batch.id} is gone.`);
  const lineToJob = createLineToJob(batch, { ...deps, caller: callerOfBatch(batch, deps) });
  const turn = createYielder();
  let line = batch.cursorLine;
  let part = emptyPart(line, batch.cursorByte);

  const add = async (input: InputLine): Promise<void> => {
    line += 1;
    part.line = line;
    part.endByte = input.endByte;
    part.bytes += input.text.length;
    const parsed = parseBatchLine(input, batch.endpoint);
    const planned = parsed.status === 'ok' ? await lineToJob(parsed.line, line) : parsed;
    if (planned.status === 'ok') part.jobs.push(planned.job);
    else {
      const customId = parsed.status === 'ok' ? parsed.line.customId : parsed.customId;
      part.refused.push({ line, refusal: { ...planned.fault, custom_id: customId } });
    }
  };
  const send = async (): Promise<BatchStatus | null> => {
    const status = await sendPart(part);
    part = emptyPart(part.line, part.endByte);
    return status;
  };

  try {
    for await (const lines of readLines(content, {
      maxLineBytes: MAX_LINE_BYTES,
      startByte: batch.cursorByte,
      // Numbers of lines of the file are not needed any more; only the first may have a byte order mark.
      startNumber: batch.cursorLine,
    })) {
      for (const input of lines) {
        signal.throwIfAborted();
        await turn();
        if (input.fault === null && input.text.trim() === '') continue;
        await add(input);
        if (!isFull(part)) continue;
        const status = await send();
        if (status !== 'in_progress') return status;
      }
    }
    if (part.jobs.length + part.refused.length > 0) {
      const status = await send();
      if (status !== 'in_progress') return status;
    }
  } finally {
    content.destroy();
  }
  return batches.allQueued(batch.id, owner);

  async function sendPart({ jobs, refused, line: lastLine, endByte }: Part): Promise<BatchStatus | null> {
    let sent = 0;
    while (sent < jobs.length) {
      signal.throwIfAborted();
      const outcome = await deps.submitLines(jobs.slice(sent));
      if (outcome.status === 'ok') sent += outcome.submitted;
      if (sent === jobs.length) break;
      const current = await batches.read(batch.id);
      if (current?.status !== 'in_progress') return current?.status ?? null;
      await sleep(WAIT_FOR_ROOM_MS, undefined, { signal });
      if (Date.now() >= batch.expiresAtMs) return 'expired';
    }
    if (refused.length > 0) {
      await batches.refuse(batch.id, refused);
      await batches.settle(
        batch.id,
        refused.map((refusal) => ({
          line: refusal.line,
          status: 'failed',
          tokens: [0, 0, 0, 0],
          cost_usd: 0,
        })),
      );
    }
    if (Date.now() >= batch.expiresAtMs) return 'expired';
    return batches.advance(batch.id, owner, { line: lastLine, byte: endByte });
  }
}

function isFull({ jobs, refused, bytes }: Part): boolean {
  return jobs.length + refused.length >= MAX_JOBS_AT_ONCE || bytes >= MAX_BYTES_AT_ONCE;
}

function emptyPart(line: number, endByte: number): Part {
  return { jobs: [], refused: [], bytes: 0, line, endByte };
}
