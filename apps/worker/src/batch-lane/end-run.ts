import type { AttemptError } from '@sluice/contracts';
import type { StepEnd, StepInput } from './advance-run.ts';
import { LeadLostError, type RunOutcome } from './lane-deps.ts';
import { settleRest } from './settle-lines.ts';

/** Every line that is left goes on along its chain with the error, and the run is closed. */
export async function giveUp(input: StepInput, error: AttemptError): Promise<StepEnd> {
  await settleRest(input.run, { kind: 'failed', error }, input.ctx);
  return closeRun(input, 'given_up');
}

/** Lines that were surely never sent go live, because the deadline comes near. */
export async function dropRun(input: StepInput): Promise<StepEnd> {
  await settleRest(input.run, { kind: 'hedged' }, input.ctx);
  return closeRun(input, 'given_up');
}

/** Gives the room in the provider's queue back and forgets the run; all of its lines are settled. */
export async function closeRun({ run, ctx }: StepInput, outcome: RunOutcome): Promise<StepEnd> {
  await ctx.limiter.releaseQueuedTokens(run.run);
  const closed = await ctx.broker.laneRuns.close(ctx.lead(), run.run);
  if (closed === 'fenced') throw new LeadLostError(`run ${run.run} is led by another`);
  if (closed === 'open') return { status: 'wait', waitMs: ctx.config().lanes.batch.poll };
  const { model, lines } = run;
  ctx.observe.runEnded({ model, outcome, lines, ageMs: Math.max(0, ctx.nowMs() - run.createdAtMs) });
  return { status: 'closed' };
}
