import type { Attempt, AttemptError, AttemptErrorCode, Target } from '@sluice/contracts';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideNext, type NextStep } from './decide-next.ts';

const LIMITED: readonly string[] = ['rate_limited', 'overloaded'];
const RETRYABLE: readonly AttemptErrorCode[] = ['timeout', 'network', 'server_error', 'truncated'];
const FAILOVER_ONLY: readonly AttemptErrorCode[] = ['auth', 'billing', 'content_filter', 'context_window'];
const FATAL: readonly AttemptErrorCode[] = ['invalid_request'];

/** One failed call: what it failed with, how long it took, and the jitter of the decision that follows. */
const anyFailure = fc.record({
  code: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...RETRYABLE) },
    { weight: 4, arbitrary: fc.constantFrom('rate_limited' as const, 'overloaded' as const) },
    { weight: 2, arbitrary: fc.constantFrom(...FAILOVER_ONLY) },
    { weight: 1, arbitrary: fc.constantFrom(...FATAL) },
  ),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 90_000 })),
  tookMs: fc.integer({ min: 1, max: 5_000 }),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});

const anyJob = fc.record({
  /** One target for each. */
  windows: fc.array(fc.option(fc.integer({ min: 1, max: 4 })), { minLength: 1, maxLength: 4, size: 'max' }),
  rounds: fc.integer({ min: 1, max: 4 }),
  attemptsPerTarget: fc.integer({ min: 1, max: 3 }),
  maxAttempts: fc.integer({ min: 1, max: 25 }),
  onRefusal: fc.constantFrom('fail' as const, 'next' as const),
  failures: fc.array(anyFailure, { minLength: 30, maxLength: 30 }),
});

type AnyJob = typeof anyJob extends fc.Arbitrary<infer Job> ? Job : never;

interface Decision {
  error: AttemptError;
  target: Target;
  /** All attempts so far, the failed one last. */
  attempts: readonly Attempt[];
  inRound: readonly Attempt[];
  round: number;
  nowMs: number;
  step: NextStep;
}

/** Walks a job through its failures until it ends. */
function walk(job: AnyJob): { decisions: Decision[]; windowOf: (target: Target) => number | null } {
  const chain = job.windows.map((_, index): Target => `p${index}/m`);
  const windowOf = (target: Target) => job.windows[chain.indexOf(target)] ?? null;
  const { rounds, onRefusal, attemptsPerTarget, maxAttempts } = job;
  const policy = { attemptsPerTarget, maxAttempts, baseDelayMs: 100, maxDelayMs: 1_000 };
  const decisions: Decision[] = [];
  let attempts: readonly Attempt[] = [];
  let at = { targetIndex: 0, round: 1, roundFirstAttempt: 1 };
  let nowMs = Date.parse('2026-01-01T12:00:00.000Z');
  for (const { code, retryAfterMs, tookMs, random } of job.failures) {
    const target = chain[at.targetIndex] as Target;
    const error = errorOf(code, retryAfterMs);
    nowMs += tookMs;
    attempts = [...attempts, failed(target, { error, n: attempts.length + 1, finishedAtMs: nowMs })];
    const input = { ...at, chain, rounds, attempts, error, onRefusal, policy, nowMs, random };
    const step = decideNext({ ...input, contextWindow: windowOf });
    const inRound = attempts.filter(({ n }) => n >= at.roundFirstAttempt);
    decisions.push({ error, target, attempts, inRound, round: at.round, nowMs, step });
    if (step.action === 'fail') break;
    const roundFirstAttempt = step.newRound ? attempts.length + 1 : at.roundFirstAttempt;
    at = { targetIndex: step.targetIndex, round: step.round, roundFirstAttempt };
    nowMs += step.delayMs;
  }
  return { decisions, windowOf };
}

function errorOf(code: AttemptErrorCode, retryAfterMs: number | null): AttemptError {
  const retryable = RETRYABLE.includes(code) || LIMITED.includes(code);
  const failover = retryable || FAILOVER_ONLY.includes(code);
  return { code, message: code, status: null, retryable, failover, retry_after_ms: retryAfterMs };
}

function failed(
  target: Target,
  { error, n, finishedAtMs }: { error: AttemptError; n: number; finishedAtMs: number },
): Attempt {
  return {
    n,
    target,
    provider_key: 'default',
    region: null,
    lane: 'live',
    status: 'failed',
    started_at: new Date(finishedAtMs - 1).toISOString(),
    finished_at: new Date(finishedAtMs).toISOString(),
    queue_wait_ms: 0,
    first_token_ms: null,
    latency_ms: 1,
    error,
    usage: null,
    cost_usd: null,
    price_version: null,
    template_version: null,
  };
}

type Rule = (decision: Decision, job: AnyJob, windowOf: (target: Target) => number | null) => boolean;

/** A job, as small as possible, with a decision that breaks the rule; null when none was found. */
function counterexampleTo(rule: Rule): [AnyJob] | null {
  const holds = fc.property(anyJob, (job) => {
    const { decisions, windowOf } = walk(job);
    return decisions.every((decision) => rule(decision, job, windowOf));
  });
  return fc.check(holds, { numRuns: 500 }).counterexample;
}

const nextTarget = (step: NextStep): Target | null =>
  step.action === 'requeue' ? `p${step.targetIndex}/m` : null;

test('a job never has more attempts than the bound', () => {
  const rule: Rule = ({ attempts, step }, { maxAttempts }) =>
    step.action === 'fail' || attempts.length < maxAttempts;
  expect(counterexampleTo(rule)).toBeNull();
});

test('an error that nobody else would answer differently fails the job at once, with that error', () => {
  const rule: Rule = ({ error, step }, { onRefusal }) => {
    const final = !error.failover || (error.code === 'content_filter' && onRefusal === 'fail');
    return !final || (step.action === 'fail' && step.code === error.code);
  };
  expect(counterexampleTo(rule)).toBeNull();
});

test('a target that refused for good is never asked again', () => {
  const rule: Rule = ({ attempts, step }) =>
    attempts.every(({ target, error }) => error?.retryable === true || target !== nextTarget(step));
  expect(counterexampleTo(rule)).toBeNull();
});

test('a prompt that was too long only goes to larger windows', () => {
  const rule: Rule = ({ attempts, step }, _job, windowOf) => {
    const next = nextTarget(step);
    return attempts
      .filter(({ error }) => error?.code === 'context_window')
      .every(({ target }) => next === null || (windowOf(next) ?? 0) > (windowOf(target as Target) ?? 0));
  };
  expect(counterexampleTo(rule)).toBeNull();
});

test('rounds go up by one, never beyond the last', () => {
  const rule: Rule = ({ round, step }, { rounds }) => {
    if (step.action === 'fail') return true;
    return step.round === round + (step.newRound ? 1 : 0) && step.round <= rounds;
  };
  expect(counterexampleTo(rule)).toBeNull();
});

test('a refusal for now costs no round and, below the bound of attempts, never the job', () => {
  const rule: Rule = ({ error, attempts, step }, { maxAttempts }) => {
    if (!LIMITED.includes(error.code)) return true;
    return step.action === 'requeue' ? !step.newRound : attempts.length >= maxAttempts;
  };
  expect(counterexampleTo(rule)).toBeNull();
});

test('no target is tried more often in a round than allowed; refusals for now are no tries', () => {
  const rule: Rule = ({ inRound, step }, { attemptsPerTarget }) => {
    const next = nextTarget(step);
    if (step.action === 'fail' || step.newRound) return true;
    const tries = inRound.filter(
      ({ target, error }) => target === next && !LIMITED.includes(error?.code ?? ''),
    );
    return tries.length < attemptsPerTarget;
  };
  expect(counterexampleTo(rule)).toBeNull();
});

test('nobody is asked sooner than it said', () => {
  const rule: Rule = ({ attempts, nowMs, step }) => {
    const last = attempts.findLast(({ target }) => target === nextTarget(step));
    if (step.action === 'fail' || !last?.finished_at) return true;
    return nowMs + step.delayMs >= Date.parse(last.finished_at) + (last.error?.retry_after_ms ?? 0);
  };
  expect(counterexampleTo(rule)).toBeNull();
});
