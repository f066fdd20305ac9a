import type { Attempt, AttemptError, JobErrorCode, Target } from '@sluice/contracts';
import { fullJitterBackoff } from './backoff.ts';

export interface RetryPolicy {
  /** Tries at one target in one round, the first included. */
  attemptsPerTarget: number;
  baseDelayMs: number;
  maxDelayMs: number;
  /** All attempts of one job together: the bound on waiting for targets that stay limited. */
  maxAttempts: number;
}

export interface DecideNextInput {
  chain: readonly Target[];
  /** The target that has just failed. */
  targetIndex: number;
  /** Walk of the chain, from 1. */
  round: number;
  rounds: number;
  /** Number of the first attempt of this round. */
  roundFirstAttempt: number;
  /** All attempts so far, the failed one last. */
  attempts: readonly Attempt[];
  error: AttemptError;
  onRefusal: 'fail' | 'next';
  /**
   * Names of the keys that a target's provider has in use: while one of them has not failed this job, what is wrong
   * with another is not the target's fault.
   * @defaultValue none: what is wrong with a key is the target's fault
   */
  keysOf?: (target: Target) => readonly string[];
  /** Whether a job that is limited at a target may go on at another one. @defaultValue it may */
  maySpill?: (target: Target) => boolean;
  /** Input tokens that a target takes; null when unknown. */
  contextWindow: (target: Target) => number | null;
  policy: RetryPolicy;
  /** Milliseconds for which a target's breaker lets nothing through; 0 when a call may go. @defaultValue 0 */
  unavailableMs?: (target: Target) => number;
  nowMs: number;
  /** A number in [0, 1). */
  random: number;
}

export type NextStep =
  | { action: 'requeue'; targetIndex: number; round: number; newRound: boolean; delayMs: number }
  | { action: 'fail'; code: JobErrorCode; message: string };

/** Targets that only refuse for now: they cost the job no round, it goes where it can start soonest. */
const LIMITED: ReadonlySet<string> = new Set(['rate_limited', 'overloaded']);
/** Faults that another key of the same provider would not share. */
const OF_THE_KEY: ReadonlySet<string> = new Set(['auth', 'billing', 'rate_limited']);
/** Faults that are likely gone a moment later at the very same target. A timeout has cost enough already. */
const SAME_TARGET: ReadonlySet<string> = new Set([
  'network',
  'server_error',
  'truncated',
  'malformed_response',
]);

/**
 * What becomes of a job after a failed attempt: the same target again, another target, the next round of the
 * chain, or the end. Pure.
 */
export function decideNext(input: DecideNextInput): NextStep {
  const { error, attempts, policy, chain, targetIndex } = input;
  if (error.code === 'content_filter' && input.onRefusal === 'fail') return failAs(error);
  if (!error.retryable && !error.failover) return failAs(error);

  const eligible = chain.map((_, index) => index).filter((index) => isEligible(index, input));
  if (eligible.length === 0) return noneLeft(input);
  if (attempts.length >= policy.maxAttempts) {
    return allFailed(input, `gave up after ${attempts.length} attempts`);
  }

  const failed = chain[targetIndex] as Target;
  if (OF_THE_KEY.has(error.code) && hasFreshKey(failed, input)) {
    return { action: 'requeue', targetIndex, round: input.round, newRound: false, delayMs: 0 };
  }
  if (LIMITED.has(error.code) && input.maySpill?.(failed) === false) {
    const delayMs = cooling(failed, input);
    return { action: 'requeue', targetIndex, round: input.round, newRound: false, delayMs };
  }
  const inRound = attempts.filter((attempt) => attempt.n >= input.roundFirstAttempt);
  const failuresHere = inRound.filter(
    (attempt) => attempt.target === failed && isRealFailure(attempt, input),
  ).length;
  if (
    eligible.includes(targetIndex) &&
    SAME_TARGET.has(error.code) &&
    error.retryable &&
    failuresHere < policy.attemptsPerTarget &&
    unavailable(failed, input) === 0
  ) {
    const delayMs = Math.max(error.retry_after_ms ?? 0, backoff(input, failuresHere));
    return { action: 'requeue', targetIndex, round: input.round, newRound: false, delayMs };
  }

  const open = eligible.filter((index) => !isUsedUp(chain[index] as Target, { ...input, inRound }));
  if (open.length > 0) return goTo(soonest(open, input), { input, newRound: false, floorMs: 0 });
  if (input.round >= input.rounds) return allFailed(input, `every target failed in ${input.rounds} rounds`);
  return goTo(soonest(eligible, input), { input, newRound: true, floorMs: backoff(input, input.round) });
}

function goTo(
  choice: { index: number; waitMs: number },
  { input, newRound, floorMs }: { input: DecideNextInput; newRound: boolean; floorMs: number },
): NextStep {
  return {
    action: 'requeue',
    targetIndex: choice.index,
    round: newRound ? input.round + 1 : input.round,
    newRound,
    delayMs: Math.max(choice.waitMs, floorMs),
  };
}

function backoff({ policy, random }: DecideNextInput, failures: number): number {
  return fullJitterBackoff({ baseMs: policy.baseDelayMs, maxMs: policy.maxDelayMs, failures, random });
}

/** What tells whether a fault was one key's or the target's. */
type KeyFacts = Pick<DecideNextInput, 'attempts' | 'keysOf'>;

/** A key of the target's provider that is in use and has not failed this job. */
function hasFreshKey(target: Target, { keysOf, attempts }: KeyFacts): boolean {
  const failed = attempts.filter(
    (attempt) => attempt.target === target && OF_THE_KEY.has(attempt.error?.code ?? ''),
  );
  return (keysOf?.(target) ?? []).some((key) => !failed.some(({ provider_key: used }) => used === key));
}

function isRealFailure(attempt: Attempt, facts: KeyFacts): boolean {
  if (attempt.probe) return false;
  if (OF_THE_KEY.has(attempt.error?.code ?? '') && hasFreshKey(attempt.target as Target, facts)) return false;
  if (attempt.status === 'abandoned') return attempt.error?.code === 'server_error';
  return attempt.status === 'failed' && attempt.error !== null && !LIMITED.has(attempt.error.code);
}

/**
 * A target has had its tries of this round: all of them, or one that failed in a way that another would not mend.
 * A refusal for now between two tries takes none away.
 */
export function isUsedUp(
  target: Target,
  {
    inRound,
    policy,
    ...facts
  }: KeyFacts & { inRound: readonly Attempt[]; policy: Pick<RetryPolicy, 'attemptsPerTarget'> },
): boolean {
  const failures = inRound.filter((attempt) => attempt.target === target && isRealFailure(attempt, facts));
  return (
    failures.length >= policy.attemptsPerTarget ||
    failures.some(({ error }) => !error?.retryable || !SAME_TARGET.has(error.code))
  );
}

/** A target that refused this job for good (credentials, refusal, too small a window) is not asked again. */
export function isEligible(
  index: number,
  input: KeyFacts & Pick<DecideNextInput, 'chain' | 'contextWindow'>,
): boolean {
  const { chain, attempts, contextWindow } = input;
  const target = chain[index] as Target;
  const refusals = attempts.filter(
    (attempt) => attempt.target === target && attempt.error?.failover && !attempt.error.retryable,
  );
  const isOfKeys = refusals.every(({ error }) => OF_THE_KEY.has(error?.code ?? ''));
  if (refusals.length > 0 && !(isOfKeys && hasFreshKey(target, input))) return false;
  const overflowed = attempts.filter((attempt) => attempt.error?.code === 'context_window');
  if (overflowed.length === 0) return true;
  const tooSmall = Math.max(...overflowed.map((attempt) => contextWindow(attempt.target as Target) ?? 0));
  return (contextWindow(target) ?? 0) > tooSmall;
}

/** The target that can start first; at the same time, the next one in the order of the chain. */
function soonest(candidates: readonly number[], input: DecideNextInput): { index: number; waitMs: number } {
  const { chain, targetIndex } = input;
  const distance = (index: number) => (index - targetIndex - 1 + chain.length) % chain.length;
  return candidates
    .map((index) => ({ index, waitMs: cooling(chain[index] as Target, input) }))
    .sort((left, right) => left.waitMs - right.waitMs || distance(left.index) - distance(right.index))[0] as {
    index: number;
    waitMs: number;
  };
}

/** Milliseconds until a target may be asked again: one that was limited, or one whose breaker is open. */
function cooling(target: Target, input: DecideNextInput): number {
  return Math.max(limitedFor(target, input), unavailable(target, input));
}

function unavailable(target: Target, { unavailableMs }: DecideNextInput): number {
  return unavailableMs?.(target) ?? 0;
}

function limitedFor(target: Target, input: DecideNextInput): number {
  const own = input.attempts.filter((attempt) => attempt.target === target);
  const last = own.at(-1);
  if (!last?.error || !last.finished_at) return 0;
  if (OF_THE_KEY.has(last.error.code) && hasFreshKey(target, input)) return 0;
  const untilMs = Date.parse(last.finished_at) + (last.error.retry_after_ms ?? 0);
  const asked = Math.max(0, untilMs - input.nowMs);
  if (!LIMITED.has(last.error.code) || last.error.retry_after_ms !== null) return asked;
  const limitedInARow =
    own.length - (own.findLastIndex((attempt) => !LIMITED.has(attempt.error?.code ?? '')) + 1);
  return Math.max(1, backoff(input, limitedInARow));
}

function failAs(error: AttemptError): NextStep {
  return { action: 'fail', code: error.code, message: error.message };
}

function noneLeft(input: DecideNextInput): NextStep {
  const { code } = input.error;
  if (code === 'context_window') {
    return {
      action: 'fail',
      code,
      message: `${input.error.message} (no target of the chain has a larger window)`,
    };
  }
  if (code === 'content_filter') return failAs(input.error);
  return allFailed(input, 'no target of the chain is left');
}

function allFailed({ error, attempts }: DecideNextInput, why: string): NextStep {
  return {
    action: 'fail',
    code: 'all_targets_failed',
    message: `All targets failed: ${why}; the last of ${attempts.length} attempts said: ${error.message}`,
  };
}
