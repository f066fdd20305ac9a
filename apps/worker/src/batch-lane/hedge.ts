import { hedgeStart, hedgeWithoutWaiting, type HedgePace, type UnfinishedLines } from '@sluice/core';
import { parseTicketId, type LaneRun, type PoolLoad, type RunLine } from '@sluice/broker';
import { eachOf } from '../each-of.ts';
import { retryWhileRedisIsAway } from '../retry-while-redis-is-away.ts';
import type { RunMemory } from './advance-run.ts';
import { LeadLostError, LINES_AT_ONCE, type LeadContext } from './lane-deps.ts';
import { unsettledLines } from './settle-lines.ts';

export interface FollowedRun {
  run: LaneRun;
  memory: RunMemory;
}

/** Waiting tickets that are sent on to run live in one go. */
const RESCUED_AT_ONCE = 500;

/**
 * Takes lines back in time to run live: batches are cancelled, and what they have answered by then is kept. What still
 * waits for a batch, or is not sent yet, goes live at once. When the deadline does not allow to wait for the provider's
 * cancel, the lines run live beside it, and the first result wins.
 */
export async function hedgeRuns(
  { runs, load }: { runs: readonly FollowedRun[]; load: PoolLoad },
  ctx: LeadContext,
): Promise<void> {
  const { hedge } = ctx.config().lanes;
  const waiting = runs.filter(({ run }) => !run.isHedged && run.deadlineMs > 0);
  const groups = [...waiting.map(unfinishedOf), ...poolGroup(load)];
  const lines = groups.reduce((sum, group) => sum + group.lines, 0);
  if (lines === 0) return;
  const tokens = runs.reduce((sum, { run }) => sum + run.tokens, load.tokens);
  const all = runs.reduce((sum, { run }) => sum + run.lines, load.lines);
  const linesPerSecond = Math.max(await ctx.spareRate(tokens / Math.max(1, all)), Number.MIN_VALUE);
  const pace: HedgePace = { cancelMs: hedge.cancel, marginMs: hedge.margin, linesPerSecond };
  const nowMs = ctx.nowMs();

  const start = hedgeStart(groups, pace);
  if (start && nowMs >= start.startMs) {
    if (load.deadlineMs !== null && load.deadlineMs <= start.dueByMs) await rescueWaiting(start.dueByMs, ctx);
    for (const { run } of waiting) if (run.deadlineMs <= start.dueByMs) await takeBack(run, ctx);
  }
  const late = hedgeWithoutWaiting(groups, pace);
  if (late && nowMs >= late.startMs) {
    for (const { run } of waiting) {
      if (run.deadlineMs <= late.dueByMs && run.isCancelled && mayExist(run)) await runBeside(run, ctx);
    }
  }
}

function unfinishedOf({ run, memory }: FollowedRun): UnfinishedLines {
  return {
    lines: Math.max(0, run.lines - Math.max(run.done, Math.min(memory.answered, run.lines))),
    deadlineMs: run.deadlineMs,
  };
}

function poolGroup({ lines, deadlineMs }: PoolLoad): UnfinishedLines[] {
  return deadlineMs === null ? [] : [{ lines, deadlineMs }];
}

/** A batch that may exist is cancelled by its own steps; one that was surely not sent is not sent any more. */
async function takeBack(run: LaneRun, ctx: LeadContext): Promise<void> {
  if (run.isCancelled || run.state === 'collecting') return;
  const advance = { run: run.run, from: run.state, to: run.state, fields: { cancelled: 1 } };
  const written = await ctx.broker.laneRuns.advance(ctx.lead(), advance);
  if (written === 'fenced') throw new LeadLostError(`run ${run.run} is led by another`);
}

/** Its lines may be answered at the provider; those of any other run are settled by its own steps. */
function mayExist({ state }: LaneRun): boolean {
  return state === 'polling' || state === 'created';
}

async function runBeside(run: LaneRun, ctx: LeadContext): Promise<void> {
  await eachOf(unsettledLines(run, ctx), { atOnce: LINES_AT_ONCE }, (line) => hedgeLine(run, line, ctx));
  const advance = { run: run.run, from: run.state, to: run.state, fields: { hedged: 1 } };
  const written = await ctx.broker.laneRuns.advance(ctx.lead(), advance);
  if (written === 'fenced') throw new LeadLostError(`run ${run.run} is led by another`);
}

async function hedgeLine(run: LaneRun, line: RunLine, ctx: LeadContext): Promise<void> {
  const job = await ctx.load(parseTicketId(line.ticket).jobId);
  const attempt = job?.runs[run.run];
  if (!job || attempt === undefined) return;
  const isQueuedAlready = job.hedged === attempt && job.status === 'queued';
  if (!isQueuedAlready && job.openAttempt !== attempt) return;
  if (isQueuedAlready) return placeAgain(job, ctx);
  const outcome = await retryWhileRedisIsAway(() => ctx.broker.lines.hedge(job, attempt));
  if (outcome.status === 'fenced') return;
  ctx.observe.lineEnded({ model: run.model, outcome: 'hedged' });
  const { turn, readyAtMs } = outcome;
  await placeAgain({ ...job, lane: 'live', turn, readyAtMs }, ctx);
}

/** Idempotent: also after a crash between the new turn and its place. */
async function placeAgain(
  job: Parameters<LeadContext['broker']['placement']['place']>[0],
  { broker }: LeadContext,
): Promise<void> {
  await retryWhileRedisIsAway(() => broker.placement.place(job));
}

/** Jobs that wait for a batch that can't be in time. */
async function rescueWaiting(dueByMs: number, ctx: LeadContext): Promise<void> {
  const { lanePool, laneRuns, transitions, placement } = ctx.broker;
  const { provider, pool } = ctx.lead();
  const tickets = await laneRuns.firstWaiting(provider, pool, RESCUED_AT_ONCE);
  await eachOf(tickets, { atOnce: LINES_AT_ONCE }, async (ticket) => {
    const { jobId, turn } = parseTicketId(ticket);
    const job = await ctx.load(jobId);
    if (job && job.deadlineMs > dueByMs) return;
    if (job?.status === 'queued' && job.turn === turn) {
      const outcome = await transitions.requeue(job, {
        attempt: 0,
        attemptEnd: null,
        targetIndex: job.targetIndex,
        round: job.round,
        newRound: false,
        delayMs: 0,
        reason: 'batch_hedged',
        lane: 'live',
      });
      if (outcome.status === 'requeued') {
        const { turn: next, readyAtMs } = outcome;
        await placement.place({ ...job, lane: 'live', turn: next, readyAtMs });
      }
    }
    await lanePool.withdraw(provider, [ticket]);
  });
}
