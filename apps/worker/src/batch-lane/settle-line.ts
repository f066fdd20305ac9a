import {
  formatTarget,
  isTerminal,
  type AttemptError,
  type ChatRequest,
  type Target,
  type Warning,
} from '@sluice/contracts';
import {
  parseTicketId,
  unpaidEnd,
  type AttemptEnd,
  type JobRecord,
  type LaneRun,
  type RunLine,
} from '@sluice/broker';
import { priceRequest } from '@sluice/core';
import type { ProviderOutcome } from '@sluice/providers';
import { retryWhileRedisIsAway } from '../retry-while-redis-is-away.ts';
import type { RunnableJob } from '../settle-attempt.ts';
import { settleLineBudget } from './line-budget.ts';
import { customIdOf, type LeadContext, type LineOutcome } from './lane-deps.ts';

/** What came of a line. `unsent` and the like were never run, so their target is not to blame. */
export type LineResult =
  | { kind: 'answered'; answer: unknown }
  | { kind: 'failed'; error: AttemptError; warnings?: readonly Warning[] }
  | { kind: 'expired' | 'cancelled' | 'missing' | 'hedged' };

/**
 * Moves a line's job on: finished by the ordinary finish at the batch's price, on along its chain after a failure, or
 * back to the same target live when the line was never run. Safe to repeat: the attempt is the fence. What comes for
 * an attempt that is closed changes nothing but the books.
 */
export async function settleLine(
  { run, line, result }: { run: LaneRun; line: RunLine; result: LineResult },
  ctx: LeadContext,
): Promise<void> {
  const { jobId } = parseTicketId(line.ticket);
  const job = await retryWhileRedisIsAway(() => ctx.load(jobId));
  const attempt = job?.runs[run.run];
  if (!job || attempt === undefined) return;
  const isOpen = !isTerminal(job.status) && job.openAttempt === attempt;
  const isHedged = !isTerminal(job.status) && job.hedged === attempt;
  const open = { job: runnable(job), attempt, isOpen, isHedged };

  if (result.kind === 'answered') {
    const outcome = readLine(open.job, { run, line, answer: result.answer }, ctx);
    return settleOutcome(open, { outcome, run }, ctx);
  }
  if (result.kind === 'failed') {
    const { error, warnings = [] } = result;
    return settleOutcome(open, { outcome: failure(error, warnings), run }, ctx);
  }
  ctx.observe.lineEnded({ model: run.model, outcome: result.kind });
  await settleLineBudget(open.job, { run, costUsd: 0 }, ctx);
  const end = unpaidEnd('abandoned', neverRun(result.kind, run));
  if (isHedged) await retryWhileRedisIsAway(() => ctx.broker.lines.closeHedged(jobId, attempt, end));
  if (isOpen) await runElsewhere(open.job, { attempt, end, reason: result.kind }, ctx);
}

interface OpenLine {
  job: RunnableJob;
  attempt: number;
  isOpen: boolean;
  isHedged: boolean;
}

async function settleOutcome(
  { job, attempt, isOpen, isHedged }: OpenLine,
  { outcome, run }: { outcome: ProviderOutcome; run: LaneRun },
  ctx: LeadContext,
): Promise<void> {
  const { model } = run;
  const target = formatTarget({ provider: ctx.provider, model });
  const attemptEnd = endOf(job, attempt, { outcome, target }, ctx);
  const known = job.attempts.find(({ n }) => n === attempt);
  // Before the job ends: its end settles what nobody has.
  await settleLineBudget(job, { run, costUsd: attemptEnd.cost_usd ?? 0 }, ctx);
  if (!isOpen && !isHedged) {
    // Read again after a crash, or the job was cancelled, expired or answered live meanwhile: booked once.
    if (!outcome.usage || known?.usage) return;
    await bookLate(job, { attempt, attemptEnd }, ctx);
    ctx.observe.lineEnded({ model, outcome: 'dropped' });
    if (job.status === 'completed') ctx.observe.paidTwice({ model, costUsd: attemptEnd.cost_usd ?? 0 });
    return;
  }
  ctx.observe.lineEnded({ model, outcome: outcome.status === 'ok' ? 'ok' : 'failed' });
  if (isHedged && outcome.status === 'error') {
    await retryWhileRedisIsAway(() => ctx.broker.lines.closeHedged(job.id, attempt, attemptEnd));
    return;
  }
  await ctx.settler.settleCall(job, {
    attempt,
    result: { outcome, attemptEnd, streamed: false, key: ctx.keyName },
    reason: null,
  });
  if (isHedged) await ctx.cancelLive(job.id).catch(ctx.onError);
}

async function bookLate(
  job: JobRecord,
  { attempt, attemptEnd }: { attempt: number; attemptEnd: AttemptEnd },
  { broker }: LeadContext,
): Promise<void> {
  const input = { condition: { attempt }, status: 'cancelled', attemptEnd } as const;
  await retryWhileRedisIsAway(() => broker.transitions.finish(job, input));
}

/** The same target live, or the pool again where no other lane is allowed; nobody has failed, so no round is used. */
async function runElsewhere(
  job: RunnableJob,
  { attempt, end, reason }: { attempt: number; end: AttemptEnd; reason: LineOutcome },
  { broker }: LeadContext,
): Promise<void> {
  const lane = job.options.lane === 'batch' ? 'batch' : 'live';
  const { targetIndex, round } = job;
  const outcome = await retryWhileRedisIsAway(() =>
    broker.transitions.requeue(job, {
      attempt,
      attemptEnd: end,
      targetIndex,
      round,
      newRound: false,
      delayMs: 0,
      reason: `batch_${reason}`,
      lane,
    }),
  );
  if (outcome.status === 'fenced') return;
  const { turn, readyAtMs } = outcome;
  await retryWhileRedisIsAway(() => broker.placement.place({ ...job, lane, turn, readyAtMs }));
}

function readLine(
  { request }: RunnableJob,
  { run, line, answer }: { run: LaneRun; line: RunLine; answer: unknown },
  { adapter, catalogue, provider }: LeadContext,
): ProviderOutcome {
  const { entry } = catalogue.resolve(formatTarget({ provider, model: run.model }));
  return adapter.read({ customId: customIdOf(run.run, line.n), model: run.model, entry, request }, answer);
}

function endOf(
  job: JobRecord,
  attempt: number,
  { outcome, target }: { outcome: ProviderOutcome; target: Target },
  { catalogue, nowMs }: LeadContext,
): AttemptEnd {
  const { entry, priceVersion } = catalogue.resolve(target);
  const { usage } = outcome;
  const price = usage && priceRequest({ usage, entry, lane: 'batch' });
  const startedAt = job.attempts.find(({ n }) => n === attempt)?.started_at;
  return {
    status: outcome.status === 'ok' ? 'succeeded' : 'failed',
    error: outcome.status === 'ok' ? null : outcome.error,
    usage,
    cost_usd: price ? price.costUsd : null,
    price_version: price?.known ? priceVersion : null,
    first_token_ms: null,
    latency_ms: startedAt ? Math.max(0, Math.round(nowMs() - Date.parse(startedAt))) : null,
  };
}

/** A request that was dropped with its ended job is not needed to read what its line cost. */
function runnable(job: JobRecord): RunnableJob {
  return { ...job, request: job.request ?? ({ messages: [] } as ChatRequest) };
}

function failure(error: AttemptError, warnings: readonly Warning[]): ProviderOutcome {
  return {
    status: 'error',
    error,
    usage: null,
    warnings: [...warnings],
    firstTokenMs: null,
    rateLimit: null,
  };
}

const NEVER_RUN = {
  expired: 'expired before the provider ran this line',
  cancelled: 'was cancelled before the provider ran this line',
  missing: 'ended without a result for this line',
  hedged: 'was taken back before it was sent, because the deadline came near',
} as const;

function neverRun(kind: keyof typeof NEVER_RUN, { batch, run }: LaneRun): AttemptError {
  return {
    code: 'timeout',
    message: `The batch ${batch ?? run} ${NEVER_RUN[kind]}.`,
    status: null,
    retryable: true,
    failover: true,
    retry_after_ms: null,
  };
}
