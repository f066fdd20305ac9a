import type { RunLine } from '@sluice/broker';
import { BatchReadError, type BatchLineResult, type ProviderBatch } from '@sluice/providers';
import { eachOf } from '../each-of.ts';
import { backoffMs, writeStep, type StepEnd, type StepInput } from './advance-run.ts';
import { closeRun, giveUp } from './end-run.ts';
import { lineOf, LINES_AT_ONCE } from './lane-deps.ts';
import { createLineSettler, settleRest, unsettledLines } from './settle-lines.ts';
import type { LineResult } from './settle-line.ts';

/**
 * `collecting`: takes the results apart, in whatever order they come. A line's job is moved on before the ledger says
 * so; lines that are in no result are found by the ledger, and go on live.
 */
export async function collectResults(input: StepInput): Promise<StepEnd> {
  const { run, memory, ctx } = input;
  const { poll } = ctx.config().lanes.batch;
  const seen = await ctx.adapter.retrieve({ id: run.batch as string, signal: ctx.signal });
  if (seen.status !== 'ok' || seen.value.state !== 'ended') return { status: 'wait', waitMs: poll };
  try {
    const outcome = await readResults(input, seen.value);
    if (outcome === 'foreign') return disown(input);
  } catch (error) {
    if (!(error instanceof BatchReadError)) throw error;
    const waitMs = backoffMs(input, error.error);
    return waitMs === null ? giveUp(input, error.error) : { status: 'wait', waitMs };
  }
  memory.failures = 0;
  await settleRest(run, { kind: 'missing' }, ctx);
  return closeRun(input, 'collected');
}

async function readResults({ run, ctx }: StepInput, batch: ProviderBatch): Promise<'read' | 'foreign'> {
  const open = new Map<number, RunLine>();
  for await (const line of unsettledLines(run, ctx)) open.set(line.n, line);
  const settler = createLineSettler(run, ctx);
  let foreign = false;
  await eachOf(
    ctx.adapter.results(batch, { signal: ctx.signal }),
    { atOnce: LINES_AT_ONCE },
    async (result) => {
      const n = lineOf(run.run, result.customId);
      if (n === null) {
        foreign = true;
        return;
      }
      const line = open.get(n);
      // Settled before, or told twice.
      if (!line) return;
      open.delete(n);
      await settler.settle(line, toLineResult(result));
    },
  );
  await settler.flush();
  return foreign && open.size === run.lines - run.done ? 'foreign' : 'read';
}

function toLineResult(result: BatchLineResult): LineResult {
  return result.status === 'answered' ? { kind: 'answered', answer: result.answer } : { kind: result.status };
}

/** It was somebody else's batch with as many lines: ours is still to be found, or to be created. */
async function disown(input: StepInput): Promise<StepEnd> {
  const { run, memory, ctx } = input;
  const foreign = JSON.stringify([...run.foreign, run.batch]);
  const written = await writeStep(input, 'created', { batch: '', foreign });
  if (written === 'busy') return { status: 'wait', waitMs: ctx.config().lanes.batch.poll };
  memory.looks = 0;
  return { status: 'again' };
}
