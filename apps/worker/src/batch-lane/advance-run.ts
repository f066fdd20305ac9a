import { formatTarget, type AttemptError, type Target } from '@sluice/contracts';
import type { LaneRun, RunFields, RunState } from '@sluice/broker';
import { LeadLostError, type LeadContext } from './lane-deps.ts';

/** What a step leaves to be done: the next one at once, the same or another after a while, or nothing. */
export type StepEnd = { status: 'again' } | { status: 'wait'; waitMs: number } | { status: 'closed' };

/** What one process remembers of a run it works on; lost with it, and never needed to be right. */
export interface RunMemory {
  /** Lines as they are to be sent, between rendering and creation. */
  rendered: string[] | null;
  /** This process is the one that is to create it, and has not tried yet. */
  mayCreate: boolean;
  looks: number;
  failures: number;
  polls: number;
  /** When the provider knew the batch last. */
  seenAtMs: number;
  /** Answered by what the provider tells while it runs. */
  answered: number;
  cancelSent: boolean;
}

export function newRunMemory(nowMs: number): RunMemory {
  return {
    rendered: null,
    mayCreate: false,
    looks: 0,
    failures: 0,
    polls: 0,
    seenAtMs: nowMs,
    answered: 0,
    cancelSent: false,
  };
}

export interface StepInput {
  run: LaneRun;
  memory: RunMemory;
  ctx: LeadContext;
}

/** Failures of one step before the run is given up. */
export const MAX_FAILURES = 6;
const LONGEST_BACKOFF_MS = 60_000;

/**
 * Writes the step that comes next.
 * @throws LeadLostError when another leads by now.
 */
export async function writeStep(
  { run, ctx }: StepInput,
  to: RunState,
  fields: RunFields = {},
): Promise<'ok' | 'busy'> {
  const written = await ctx.broker.laneRuns.advance(ctx.lead(), {
    run: run.run,
    from: run.state,
    to,
    fields,
  });
  if (written === 'fenced') throw new LeadLostError(`run ${run.run} is led by another`);
  return written;
}

export function targetOf({ run, ctx }: StepInput): Target {
  return formatTarget({ provider: ctx.provider, model: run.model });
}

/** How long a step that failed waits before it is tried again, or null when it has failed too often. */
export function backoffMs({ memory, ctx }: StepInput, error: AttemptError): number | null {
  // What was aborted here says nothing of the provider.
  ctx.signal.throwIfAborted();
  memory.failures += 1;
  if (memory.failures >= MAX_FAILURES || (!error.retryable && !error.failover)) return null;
  const { poll } = ctx.config().lanes.batch;
  return Math.max(error.retry_after_ms ?? 0, Math.min(poll * 2 ** memory.failures, LONGEST_BACKOFF_MS));
}
