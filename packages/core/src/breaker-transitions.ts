import type { Breaker, BreakerPhase, CallVerdict, WindowCount } from './breaker.ts';
import type { BreakerPolicy } from './breaker-policy.ts';

/**
 * The transitions of a breaker. Pure; `lua/include/breaker.lua` of the broker does the same inside Redis, and a test
 * compares the two.
 */

/** What a call that has been let through is: its verdict has to name the epoch. */
export type Admission =
  | { status: 'admitted'; epoch: number; as: 'normal' | 'probe' | 'ramp' }
  /** Milliseconds until it makes sense to ask again. */
  | { status: 'refused'; retryInMs: number };

/** While a probe is under way nobody knows how long it takes. */
const ASK_AGAIN_MS = 500;

/** What time alone changes: a ramp's next steps, and its end. */
export function advanceBreaker(breaker: Breaker, nowMs: number, policy: BreakerPolicy): Breaker {
  let { phase } = breaker;
  while (phase.state === 'ramping') {
    const elapsed = nowMs - phase.sinceMs;
    const idle = phase.admitted === 0;
    if (elapsed < policy.rampStepMs || !(idle || phase.succeeded > 0)) break;
    // An idle ramp goes on as if it had been looked at all the time.
    const sinceMs = idle ? phase.sinceMs + policy.rampStepMs : nowMs;
    phase = stepOf({ ...phase, step: phase.step + 1, sinceMs }, policy);
  }
  return phase === breaker.phase ? breaker : { ...breaker, phase };
}

/** Whether a call may go now, and what it then is. */
export function admitCall(
  before: Breaker,
  nowMs: number,
  policy: BreakerPolicy,
): { breaker: Breaker; admission: Admission } {
  const breaker = advanceBreaker(before, nowMs, policy);
  const { phase, epoch, forced } = breaker;
  const admitted = (as: 'normal' | 'probe' | 'ramp', next: BreakerPhase = phase) => ({
    breaker: next === phase ? breaker : { ...breaker, phase: next },
    admission: { status: 'admitted' as const, epoch, as },
  });
  const refused = (retryInMs: number, next: BreakerPhase = phase) => ({
    breaker: next === phase ? breaker : { ...breaker, phase: next },
    admission: { status: 'refused' as const, retryInMs },
  });
  if (forced === 'open') return refused(ASK_AGAIN_MS);
  if (forced === 'closed') return admitted('normal');
  switch (phase.state) {
    case 'closed':
      return admitted('normal');
    case 'open':
      if (nowMs < phase.untilMs) return refused(phase.untilMs - nowMs);
      return admitted('probe', probing(nowMs, nowMs, policy));
    case 'half_open':
      if (nowMs < phase.probeUntilMs) return refused(ASK_AGAIN_MS);
      return admitted('probe', probing(phase.sinceMs, nowMs, policy));
    case 'ramping': {
      const share = policy.ramp[phase.step] ?? 1_000;
      if (share >= 1_000) return admitted('normal');
      const leftMs = phase.sinceMs + policy.rampStepMs - nowMs;
      // Nothing is known of the calls that went: the step begins anew.
      const ramp = leftMs <= 0 ? { ...phase, ...NEW_STEP, sinceMs: nowMs } : phase;
      const credit = ramp.credit + share;
      if (credit < 1_000) return refused(leftMs <= 0 ? policy.rampStepMs : leftMs, { ...ramp, credit });
      return admitted('ramp', { ...ramp, credit: credit - 1_000, admitted: ramp.admitted + 1 });
    }
  }
}

/** What the verdict on a call changes. `window` counts it already. */
export function recordVerdict(
  before: Breaker,
  { verdict, epoch, window }: { verdict: CallVerdict; epoch: number; window: WindowCount },
  nowMs: number,
  policy: BreakerPolicy,
): Breaker {
  const breaker = advanceBreaker(before, nowMs, policy);
  if (breaker.forced || epoch !== breaker.epoch) return breaker;
  const { phase } = breaker;
  switch (phase.state) {
    case 'open':
      return breaker;
    case 'closed': {
      if (verdict === 'neutral') return breaker;
      const failuresInARow = verdict === 'ok' ? 0 : phase.failuresInARow + 1;
      const tooMany = window.calls >= policy.minCalls && window.failures > policy.errorRate * window.calls;
      if (verdict === 'failed' && policy.enabled && (tooMany || failuresInARow >= policy.failuresInARow)) {
        return open(breaker, nowMs, policy);
      }
      if (failuresInARow === phase.failuresInARow) return breaker;
      return { ...breaker, phase: { ...phase, failuresInARow } };
    }
    case 'half_open':
      if (verdict === 'failed') return open(breaker, nowMs, policy);
      if (verdict === 'neutral') return { ...breaker, phase: { ...phase, probeUntilMs: 0 } };
      return { ...breaker, phase: beginRamp(nowMs, policy) };
    case 'ramping': {
      if (verdict === 'neutral') return { ...breaker, phase: giveBack(phase, policy) };
      const ok = verdict === 'ok';
      const next = {
        ...phase,
        calls: phase.calls + 1,
        succeeded: phase.succeeded + (ok ? 1 : 0),
        failures: phase.failures + (ok ? 0 : 1),
        failuresInARow: ok ? 0 : phase.failuresInARow + 1,
      };
      if (
        !ok &&
        (next.failures > policy.errorRate * next.calls || next.failuresInARow >= policy.failuresInARow)
      ) {
        return open(breaker, nowMs, policy);
      }
      return advanceBreaker({ ...breaker, phase: next }, nowMs, policy);
    }
  }
}

/** An administrator's word. `auto` after `open` begins with a probe, after `closed` anew. */
export function forceBreaker(breaker: Breaker, to: 'open' | 'closed' | 'auto', nowMs: number): Breaker {
  if (to !== 'auto')
    return { ...breaker, forced: to, epoch: to === 'open' ? breaker.epoch + 1 : breaker.epoch };
  if (breaker.forced === 'open') {
    return { ...breaker, forced: null, phase: { state: 'open', sinceMs: nowMs, untilMs: nowMs } };
  }
  if (breaker.forced === 'closed') {
    const phase = { state: 'closed', sinceMs: nowMs, failuresInARow: 0 } as const;
    return { ...breaker, forced: null, openings: 0, phase };
  }
  return breaker;
}

function open(breaker: Breaker, nowMs: number, policy: BreakerPolicy): Breaker {
  const { phase } = breaker;
  const settled = phase.state === 'closed' && nowMs - phase.sinceMs > policy.maxCooldownMs;
  const openings = settled ? 1 : breaker.openings + 1;
  const grown = policy.cooldownMs * policy.cooldownFactor ** Math.min(openings - 1, 50);
  const untilMs = nowMs + Math.floor(Math.min(policy.maxCooldownMs, grown));
  return {
    ...breaker,
    openings,
    epoch: breaker.epoch + 1,
    phase: { state: 'open', sinceMs: nowMs, untilMs },
  };
}

type Ramping = Extract<BreakerPhase, { state: 'ramping' }>;

/** The first that asks goes, so that a step of little traffic says something. */
const NEW_STEP = { credit: 1_000, admitted: 0, succeeded: 0 } as const;

function probing(sinceMs: number, nowMs: number, { probeTimeoutMs }: BreakerPolicy): BreakerPhase {
  return { state: 'half_open', sinceMs, probeUntilMs: nowMs + probeTimeoutMs };
}

function beginRamp(nowMs: number, policy: BreakerPolicy): BreakerPhase {
  const counts = { calls: 0, failures: 0, failuresInARow: 0 };
  return stepOf({ state: 'ramping', sinceMs: nowMs, step: 0, ...NEW_STEP, ...counts }, policy);
}

/** A step of the ramp, or what comes after the last. */
function stepOf(ramping: Ramping, { ramp }: BreakerPolicy): BreakerPhase {
  if (ramping.step < ramp.length) return { ...ramping, ...NEW_STEP };
  return { state: 'closed', sinceMs: ramping.sinceMs, failuresInARow: 0 };
}

/** The call was not made, or said nothing: another may go in its place. Where all may go, none was counted. */
function giveBack(ramping: Ramping, { ramp }: BreakerPolicy): BreakerPhase {
  if ((ramp[ramping.step] ?? 1_000) >= 1_000 || ramping.admitted === 0) return ramping;
  return { ...ramping, credit: ramping.credit + 1_000, admitted: ramping.admitted - 1 };
}
