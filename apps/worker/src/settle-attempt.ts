import { isTerminal } from '@sluice/contracts';
import type { Attempt, AttemptError, ChatRequest, JobError, Lane, Target, Warning } from '@sluice/contracts';
import { expiredError, unpaidEnd, type AttemptEnd, type Broker, type JobRecord } from '@sluice/broker';
import {
  decideNext,
  passOver as choosePassedOver,
  type ModelCatalogue,
  type RetryPolicy,
} from '@sluice/core';
import type { AbortReason } from './abort-reason.ts';
import type { CallResult } from './call-provider.ts';
import { retryWhileRedisIsAway } from './retry-while-redis-is-away.ts';
import type { TargetHealth } from './target-health.ts';

export type RunnableJob = JobRecord & { request: ChatRequest };

export interface SettleDeps {
  broker: Pick<Broker, 'transitions' | 'placement'>;
  load: (jobId: string) => Promise<JobRecord | null>;
  catalogue: ModelCatalogue;
  retryPolicy: RetryPolicy;
  health: TargetHealth;
  /** Names of the keys in use with which a job may call a target; none where that is not known here. */
  keysOf: (job: JobRecord, target: Target) => readonly string[];
  /** A job that is limited at a target may go on at another one. */
  maySpill: (job: JobRecord, target: Target) => boolean;
  /** Milliseconds of Redis' clock. */
  nowMs: () => number;
  /** In which lane a job goes on after an attempt that failed; @defaultValue as before. */
  laneAfter?: (job: JobRecord, failed: FailedAttempt) => { lane: Lane; again?: { delayMs: number } };
  observe: RunJobObserver;
}

export interface FailedAttempt {
  attempt: number;
  error: AttemptError;
}

export interface RunJobObserver {
  attemptEnded(job: JobRecord, target: Target, end: AttemptEnd): void;
  jobEnded(job: JobRecord, status: string): void;
  /** An outcome came after its attempt was closed. */
  resultDropped(): void;
  /** The attempt before was open: its worker was lost, and its call may be paid twice. */
  attemptAbandoned(): void;
  callsInFlight(change: 1 | -1): void;
}

/** An attempt that was opened (0: none was) and how it ended. */
export interface EndedAttempt {
  attempt: number;
  attemptEnd: AttemptEnd;
  warnings: readonly Warning[];
  /** It tested whether its target is back; that it was not costs the job nothing. */
  isProbe?: boolean;
  /** Name of the key that the call was made with, when one was made. */
  key?: string;
}

export interface AbortedAttempt extends EndedAttempt {
  reason: AbortReason;
  /** Text of it has reached the job's stream. */
  streamed?: boolean;
  /** It ended before its call was made. */
  neverCalled?: boolean;
}

const MAX_WARNINGS = 64;
/** How far our clock may be ahead of Redis' when a deadline seems to have passed. */
const CLOCK_SLACK_MS = 250;

/** Moves a job on after its call: finished, failed, queued again, expired, or handed back. */
export function createSettler(deps: SettleDeps) {
  const { transitions, placement } = deps.broker;
  const contextWindow = (target: Target): number | null =>
    deps.catalogue.resolve(target).entry.max_input_tokens ?? null;

  const settleCall = async (
    job: RunnableJob,
    {
      attempt,
      result,
      reason,
      isProbe = false,
    }: { attempt: number; result: CallResult; reason: AbortReason | null; isProbe?: boolean },
  ): Promise<void> => {
    const { outcome, attemptEnd, streamed, key } = result;
    const warnings = mergeWarnings(job, outcome.warnings);
    if (outcome.status === 'ok') {
      const input = {
        condition: { attempt },
        status: 'completed',
        attemptEnd,
        result: outcome.completion,
        warnings,
      } as const;
      const finished = await retryWhileRedisIsAway(() => transitions.finish(job, input));
      if (finished.status === 'fenced') deps.observe.resultDropped();
      else deps.observe.jobEnded(job, 'completed');
      return;
    }
    if (reason !== null) return settleAborted(job, { attempt, attemptEnd, warnings, reason, streamed });
    if (streamed && job.options.onStreamFailure === 'fail') {
      return fail(
        job,
        { attempt, attemptEnd, warnings },
        jobError(outcome.error.code, outcome.error.message, outcome.error),
      );
    }
    await goOn(job, { attempt, attemptEnd, warnings, isProbe, key }, outcome.error);
  };

  /** The same target again, another target, the next round, or the end. */
  const goOn = async (job: RunnableJob, ended: EndedAttempt, error: AttemptError): Promise<void> => {
    const nowMs = deps.nowMs();
    const { lane, again } = deps.laneAfter?.(job, { attempt: ended.attempt, error }) ?? { lane: job.lane };
    if (again) return requeue(job, { ...ended, ...stayAt(job), ...again, lane, reason: error.code });
    const step = decideNext({
      chain: job.chain,
      targetIndex: job.targetIndex,
      round: job.round,
      rounds: job.options.rounds,
      roundFirstAttempt: job.roundFirstAttempt,
      attempts: [
        ...job.attempts.filter(({ n }) => n < ended.attempt),
        asAttempt(job, ended, { error, nowMs }),
      ],
      error,
      onRefusal: job.options.onRefusal,
      keysOf: (target) => deps.keysOf(job, target),
      maySpill: (target) => deps.maySpill(job, target),
      contextWindow,
      policy: deps.retryPolicy,
      unavailableMs: (target) => deps.health.unavailableMs(target, job.lane),
      nowMs,
      random: Math.random(),
    });
    if (step.action === 'fail') return fail(job, ended, jobError(step.code, step.message, error));
    const { action: _, ...next } = step;
    await requeue(job, { ...ended, ...next, lane, reason: error.code });
  };

  /** Ends a turn whose wait or call was ended from outside. */
  const settleAborted = async (
    job: RunnableJob,
    { reason, streamed = false, neverCalled = false, ...ended }: AbortedAttempt,
  ): Promise<void> => {
    switch (reason) {
      case 'deadline': {
        const input = {
          condition: 'deadline',
          status: 'expired',
          attemptEnd: ended.attemptEnd,
          error: expiredError(job),
        } as const;
        const finished = await retryWhileRedisIsAway(() => transitions.finish(job, input));
        if (finished.status === 'finished') return deps.observe.jobEnded(job, 'expired');
        return handBack(job, ended, CLOCK_SLACK_MS);
      }
      case 'moved_on':
        if (ended.attempt === 0) return;
        // Fenced: the outcome is dropped, what it cost is booked.
        await transitions.finish(job, {
          condition: { attempt: ended.attempt },
          status: 'cancelled',
          attemptEnd: ended.attemptEnd,
        });
        return deps.observe.resultDropped();
      case 'shutdown':
      case 'lease_lost':
        if (streamed && job.options.onStreamFailure === 'fail') {
          return fail(job, ended, jobError('truncated', HANDED_BACK.message, HANDED_BACK));
        }
        return neverCalled ? takeBack(job, ended) : handBack(job, ended, 0);
    }
  };

  const handBack = (job: RunnableJob, ended: EndedAttempt, delayMs: number): Promise<void> =>
    requeue(job, {
      ...ended,
      attemptEnd: { ...ended.attemptEnd, status: 'abandoned', error: HANDED_BACK },
      targetIndex: job.targetIndex,
      round: job.round,
      newRound: false,
      delayMs,
      reason: ended.attempt > 0 ? 'handed_back' : null,
    });

  /** No call was made: the attempt that was opened for it is none. */
  const takeBack = (job: RunnableJob, ended: EndedAttempt): Promise<void> =>
    requeue(job, {
      ...ended,
      attemptEnd: null,
      targetIndex: job.targetIndex,
      round: job.round,
      newRound: false,
      delayMs: 0,
      reason: ended.attempt > 0 ? 'handed_back' : null,
    });

  /** The answer to `start` was lost: goes on from what the record says. */
  const recoverStart = async (job: RunnableJob): Promise<void> => {
    const now = await retryWhileRedisIsAway(() => deps.load(job.id));
    if (!now || isTerminal(now.status) || now.turn !== job.turn) return;
    await takeBack(job, nothingPaid(job, now.openAttempt));
  };

  /** Back to the backlog, or on to a target that can start sooner: no capacity is no attempt. */
  const postpone = (
    job: RunnableJob,
    { targetIndex, delayMs }: { targetIndex: number; delayMs: number },
  ): Promise<void> =>
    requeue(job, {
      ...nothingPaid(job, 0),
      targetIndex,
      round: job.round,
      newRound: false,
      delayMs,
      reason: targetIndex === job.targetIndex ? null : 'rate_limited',
    });

  /** The breaker of its target lets it not through: on to a target that may be tried, or it waits for one. */
  const passOver = async (job: RunnableJob, retryInMs: number): Promise<void> => {
    const here = job.chain[job.targetIndex] as Target;
    const { waitMs, ...next } = choosePassedOver({
      chain: job.chain,
      targetIndex: job.targetIndex,
      round: job.round,
      rounds: job.options.rounds,
      roundFirstAttempt: job.roundFirstAttempt,
      attempts: job.attempts,
      keysOf: (target) => deps.keysOf(job, target),
      contextWindow,
      policy: deps.retryPolicy,
      random: Math.random(),
      unavailableMs: (target) =>
        target === here ? Math.max(1, retryInMs) : deps.health.unavailableMs(target, job.lane),
    });
    const there = job.chain[next.targetIndex] as Target;
    await requeue(job, {
      ...nothingPaid(job, 0),
      ...next,
      delayMs: waitMs === 0 ? 0 : deps.health.lookAgainInMs(there, waitMs),
      reason: there === here ? null : 'breaker_open',
    });
  };

  const requeue = async (
    job: RunnableJob,
    input: Parameters<typeof transitions.requeue>[1],
  ): Promise<void> => {
    const outcome = await retryWhileRedisIsAway(() => transitions.requeue(job, input));
    if (outcome.status === 'fenced') return placeIfOurs(job);
    const { turn, readyAtMs } = outcome;
    await retryWhileRedisIsAway(() =>
      placement.place({
        ...job,
        turn,
        readyAtMs,
        targetIndex: input.targetIndex,
        lane: input.lane ?? job.lane,
      }),
    );
  };

  /** A repeat of a script whose first answer was lost is fenced by its own first run. */
  const placeIfOurs = async (job: RunnableJob): Promise<void> => {
    const now = await retryWhileRedisIsAway(() => deps.load(job.id));
    if (now?.status === 'queued' && now.turn === job.turn + 1) {
      await retryWhileRedisIsAway(() => placement.place(now));
    }
  };

  const fail = async (
    job: RunnableJob,
    { attempt, attemptEnd, warnings }: EndedAttempt,
    error: JobError,
  ): Promise<void> => {
    const condition = attempt > 0 ? { attempt } : { turn: job.turn };
    const input = { condition, status: 'failed', attemptEnd, error, warnings } as const;
    const finished = await retryWhileRedisIsAway(() => transitions.finish(job, input));
    if (finished.status === 'finished') deps.observe.jobEnded(job, 'failed');
  };

  return { settleCall, settleAborted, recoverStart, goOn, postpone, passOver, fail };
}

export type Settler = ReturnType<typeof createSettler>;

/** The same target in the same round. */
function stayAt({ targetIndex, round }: JobRecord): { targetIndex: number; round: number; newRound: false } {
  return { targetIndex, round, newRound: false };
}

/** The end of an attempt of which nothing is known to have been paid. */
export function nothingPaid(job: RunnableJob, attempt: number): EndedAttempt {
  return { attempt, attemptEnd: unpaidEnd('abandoned', null), warnings: job.warnings };
}

export function jobError(code: JobError['code'], message: string, lastError: AttemptError): JobError {
  return { code, message, param: null, doc_url: `/docs/errors#${code}`, last_error: lastError };
}

const HANDED_BACK: AttemptError = {
  code: 'cancelled',
  message: 'The worker handed the job back before the provider had answered.',
  status: null,
  retryable: true,
  failover: true,
  retry_after_ms: null,
};

function asAttempt(
  job: RunnableJob,
  { attempt, attemptEnd, isProbe, key = '' }: EndedAttempt,
  { error, nowMs }: { error: AttemptError; nowMs: number },
): Attempt {
  return {
    n: attempt,
    target: job.chain[job.targetIndex] as Target,
    provider_key: key,
    region: null,
    lane: job.lane,
    started_at: '',
    finished_at: new Date(nowMs).toISOString(),
    queue_wait_ms: 0,
    template_version: null,
    ...attemptEnd,
    error,
    ...(isProbe ? { probe: true } : {}),
  };
}

function mergeWarnings(job: RunnableJob, added: readonly Warning[]): Warning[] {
  const target = job.chain[job.targetIndex] as Target;
  const all = [...job.warnings, ...added.map((warning) => ({ target, ...warning }))];
  const byText = new Map(
    all.map((warning) => [`${warning.target} ${warning.param} ${warning.message}`, warning]),
  );
  return Array.from(byText.values()).slice(0, MAX_WARNINGS);
}
