import type { AttemptError } from '@sluice/contracts';
import { backoffMs, targetOf, writeStep, type StepEnd, type StepInput } from './advance-run.ts';
import { closeRun, dropRun, giveUp } from './end-run.ts';
import { prepareLines } from './prepare-lines.ts';

/** `intent`: takes the lines, opens their attempts, renders them. */
export async function takeLines(input: StepInput): Promise<StepEnd> {
  const { run, memory, ctx } = input;
  const { batch } = ctx.config().lanes;
  if (!run.isSealed) {
    const lines = await ctx.broker.laneRuns.fill(ctx.lead(), run.run, {
      lines: Math.min(batch.max_lines, ctx.adapter.limits.maxLines),
      bytes: Math.min(batch.max_bytes, ctx.adapter.limits.maxBytes),
      tokens: run.maxTokens,
    });
    if (lines === null) return { status: 'wait', waitMs: batch.lease };
    if (lines === 0) return closeRun(input, 'empty');
    return { status: 'again' };
  }
  memory.rendered = await prepareLines(run, ctx);
  if (memory.rendered.length === 0) return closeRun(input, 'empty');
  await writeStep(input, 'file', { sent: memory.rendered.length });
  return { status: 'again' };
}

/** `file`: uploads the lines where the vendor has files. Twice is harmless: a file costs nothing. */
export async function uploadLines(input: StepInput): Promise<StepEnd> {
  const { run, memory, ctx } = input;
  const closedForMs = await ctx.breaker.closedForMs(targetOf(input));
  if (closedForMs > 0) return { status: 'wait', waitMs: closedForMs };
  let fileId = run.fileId;
  if (fileId === null || memory.rendered !== null) memory.rendered ??= await prepareLines(run, ctx);
  if (memory.rendered?.length === 0) return closeRun(input, 'empty');
  if (fileId === null) {
    const uploaded = await ctx.adapter.upload({
      run: run.run,
      lines: memory.rendered as string[],
      signal: ctx.signal,
    });
    if (uploaded.status !== 'ok') return failed(input, 'error' in uploaded ? uploaded.error : NOT_FOUND);
    fileId = uploaded.value?.fileId ?? null;
    ctx.breaker.succeeded(targetOf(input));
  }
  const sent = memory.rendered ? { sent: memory.rendered.length } : {};
  const written = await writeStep(input, 'created', {
    ...sent,
    ...(fileId === null ? {} : { file: fileId }),
  });
  if (written === 'busy') return { status: 'wait', waitMs: ctx.config().lanes.batch.poll };
  // The file holds them now; without one they are sent with the next call.
  if (fileId !== null) memory.rendered = null;
  memory.mayCreate = true;
  return { status: 'again' };
}

/**
 * `created`: creates the batch, if this process is the first to come here. Whoever finds a run in this state, or got no
 * clear answer, looks for the batch before anything is sent again.
 */
export async function createBatch(input: StepInput): Promise<StepEnd> {
  const { run, memory, ctx } = input;
  const { batch } = ctx.config().lanes;
  if (!memory.mayCreate) {
    const found = await findBatch(input);
    if (found === 'error') return { status: 'wait', waitMs: batch.look };
    if (found.id !== null) return adopt(input, found.id);
    memory.looks += 1;
    if (memory.looks < batch.looks) return { status: 'wait', waitMs: batch.look };
    memory.looks = 0;
    if (run.isCancelled) return dropRun(input);
  }
  memory.mayCreate = false;
  if (run.fileId === null) memory.rendered ??= await prepareLines(run, ctx);
  const created = await ctx.adapter.create({
    run: run.run,
    model: run.model,
    fileId: run.fileId,
    lines: run.fileId === null ? (memory.rendered as string[]) : [],
    signal: ctx.signal,
  });
  if (created.status === 'ok') return adopt(input, created.value.id);
  if (created.status === 'unknown') {
    ctx.signal.throwIfAborted();
    ctx.breaker.failed(targetOf(input), created.error);
    return { status: 'wait', waitMs: batch.look };
  }
  const error = created.status === 'missing' ? NOT_FOUND : created.error;
  // Surely not done: others may create meanwhile.
  const end = await failed(input, error);
  if (end.status !== 'wait') return end;
  await writeStep(input, 'file');
  return end;
}

async function adopt(input: StepInput, batch: string): Promise<StepEnd> {
  const { memory, ctx } = input;
  await writeStep(input, 'polling', { batch });
  ctx.breaker.succeeded(targetOf(input));
  memory.rendered = null;
  memory.failures = 0;
  memory.seenAtMs = ctx.nowMs();
  return { status: 'wait', waitMs: ctx.config().lanes.batch.poll };
}

/**
 * The provider's batch of this run, if there is one. Where batches carry no name it is one that was created
 * since, that no run owns, and that has as many lines; its results will tell whether it was ours.
 */
async function findBatch(input: StepInput): Promise<{ id: string | null } | 'error'> {
  const { run, ctx } = input;
  const found = await ctx.adapter.find({
    run: run.run,
    createdSinceMs: run.createdSinceMs,
    signal: ctx.signal,
  });
  ctx.signal.throwIfAborted();
  if (found.status !== 'ok') {
    if ('error' in found) ctx.breaker.failed(targetOf(input), found.error);
    return 'error';
  }
  const named = found.value.filter((batch) => batch.run === run.run);
  if (named.length > 0) {
    const [kept, ...doubled] = named.toReversed();
    for (const { id } of doubled) {
      ctx.observe.batchDoubled({ model: run.model });
      await ctx.adapter.cancel({ id, signal: ctx.signal });
    }
    return { id: kept?.id ?? null };
  }
  const nameless = found.value.filter(
    (batch) =>
      batch.run === null &&
      !run.foreign.includes(batch.id) &&
      (batch.counts === null || batch.counts.total === 0 || batch.counts.total === run.sent),
  );
  const owned = await ctx.broker.laneRuns.owns(
    ctx.provider,
    nameless.map(({ id }) => id),
  );
  return { id: nameless.findLast((_, index) => !owned[index])?.id ?? null };
}

async function failed(input: StepInput, error: AttemptError): Promise<StepEnd> {
  input.ctx.signal.throwIfAborted();
  input.ctx.breaker.failed(targetOf(input), error);
  const waitMs = backoffMs(input, error);
  return waitMs === null ? giveUp(input, error) : { status: 'wait', waitMs };
}

const NOT_FOUND: AttemptError = {
  code: 'invalid_request',
  message: "The provider's Batch API answered 404: it has no such file, model or route.",
  status: 404,
  retryable: false,
  failover: true,
  retry_after_ms: null,
};
