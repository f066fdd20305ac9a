import type { LaneRun, RunLine } from '@sluice/broker';
import { eachOf } from '../each-of.ts';
import { retryWhileRedisIsAway } from '../retry-while-redis-is-away.ts';
import { LINES_AT_ONCE, type LeadContext } from './lane-deps.ts';
import { settleLine, type LineResult } from './settle-line.ts';

/** So many lines are noted as settled in one script; a crash in between settles them again, which changes nothing. */
const NOTE_AT_ONCE = 100;

/** Settles results as they come and notes the lines in the run's ledger, each only once its job has been moved on. */
export function createLineSettler(run: LaneRun, ctx: LeadContext) {
  let noted: RunLine[] = [];
  const note = async (): Promise<void> => {
    const lines = noted;
    noted = [];
    await retryWhileRedisIsAway(() => ctx.broker.laneRuns.settle(ctx.provider, run.run, lines));
  };
  return {
    async settle(line: RunLine, result: LineResult): Promise<void> {
      await settleLine({ run, line, result }, ctx);
      noted.push(line);
      if (noted.length >= NOTE_AT_ONCE) await note();
    },
    /** A line whose job is no more this run's. */
    async drop(line: RunLine): Promise<void> {
      noted.push(line);
      if (noted.length >= NOTE_AT_ONCE) await note();
    },
    flush: note,
  };
}

/** Lines of a run that its ledger does not know as settled. */
export async function* unsettledLines(
  run: LaneRun,
  { broker, provider }: LeadContext,
): AsyncGenerator<RunLine> {
  const isSettled = await broker.laneRuns.settled(provider, run.run);
  for await (const page of broker.laneRuns.lines(provider, run.run)) {
    for (const line of page) if (!isSettled(line.n)) yield line;
  }
}

/** Settles all that is left of a run in the same way. */
export async function settleRest(run: LaneRun, result: LineResult, ctx: LeadContext): Promise<void> {
  const settler = createLineSettler(run, ctx);
  await eachOf(unsettledLines(run, ctx), { atOnce: LINES_AT_ONCE }, (line) => settler.settle(line, result));
  await settler.flush();
}
