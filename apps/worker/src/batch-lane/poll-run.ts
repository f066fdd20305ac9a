import type { AttemptError } from '@sluice/contracts';
import { targetOf, writeStep, type StepEnd, type StepInput } from './advance-run.ts';
import { giveUp } from './end-run.ts';

const GROWTH = 1.5;

/** `polling`: looks at the batch, asks for its end when its lines are wanted back, and sees that it has ended. */
export async function pollBatch(input: StepInput): Promise<StepEnd> {
  const { run, memory, ctx } = input;
  const { batch: policy } = ctx.config().lanes;
  const id = run.batch as string;
  if (run.isCancelled && !memory.cancelSent) {
    const cancelled = await ctx.adapter.cancel({ id, signal: ctx.signal });
    // Unclear: it is asked again; a batch that has ended meanwhile refuses, and the look below sees it.
    memory.cancelSent = cancelled.status === 'ok';
  }
  const seen = await ctx.adapter.retrieve({ id, signal: ctx.signal });
  ctx.signal.throwIfAborted();
  const waitMs = Math.min(policy.longest_poll, policy.poll * GROWTH ** memory.polls);
  if (seen.status === 'missing') {
    if (ctx.nowMs() - memory.seenAtMs < policy.missing) return { status: 'wait', waitMs: policy.poll };
    return giveUp(input, lost(id));
  }
  // Reading costs nothing and is repeated for as long as it takes: the hedge sees to the deadline.
  if (seen.status !== 'ok') {
    if ('error' in seen) ctx.breaker.failed(targetOf(input), seen.error);
    memory.polls += 1;
    return { status: 'wait', waitMs };
  }
  ctx.breaker.succeeded(targetOf(input));
  memory.seenAtMs = ctx.nowMs();
  const { state, counts, error } = seen.value;
  if (counts) memory.answered = counts.completed + counts.failed;
  if (state === 'failed') return giveUp(input, error ?? refused(id));
  if (state === 'ended') {
    await writeStep(input, 'collecting');
    return { status: 'again' };
  }
  memory.polls += 1;
  return { status: 'wait', waitMs: run.isCancelled ? policy.poll : waitMs };
}

function lost(id: string): AttemptError {
  return { ...SERVER_ERROR, message: `The provider no longer knows the batch ${id}.` };
}

function refused(id: string): AttemptError {
  return { ...SERVER_ERROR, message: `The provider refused the batch ${id} and does not say why.` };
}

const SERVER_ERROR = {
  code: 'server_error',
  status: null,
  retryable: true,
  failover: true,
  retry_after_ms: null,
} as const;
