import { parseTarget, type Lane, type Target, type Tier } from '@sluice/contracts';
import {
  countsAgainstHealth,
  type Admission,
  type Breaker,
  type BreakerPolicy,
  type CallVerdict,
} from '@sluice/core';
import type { HealthBoard, HealthStore, HealthSubject } from '@sluice/broker';
import type { ProviderOutcome } from '@sluice/providers';

/** Leave for one call; it has to be settled or released, once. */
export interface CallPass {
  status: 'admitted';
  /** The call tests a target whose breaker had opened. */
  readonly isProbe: boolean;
  /** Whether it still stands: the breaker may have opened while the call waited for its permit. */
  holds(): boolean;
  /** Tells what came of the call; that it failed is known everywhere when this resolves. Never rejects. */
  settle(
    outcome: ProviderOutcome,
    facts: { totalMs: number; tier: Tier | null; verdict?: CallVerdict },
  ): Promise<void>;
  /** The call was not made. After `settle` it does nothing. */
  release(): void;
}

export interface RefusedCall {
  status: 'refused';
  /** Until it makes sense to ask again. */
  retryInMs: number;
}

/** The breakers as the jobs of this process meet them. */
export interface TargetHealth {
  /** Asks Redis only while the breaker is not closed. Never rejects. */
  admit(target: Target, lane: Lane): Promise<CallPass | RefusedCall>;
  /** Milliseconds until a call may be tried, as far as is known here; 0 when it may be now. */
  unavailableMs(target: Target, lane: Lane): number;
  /** When a job looks again that has to wait so long: not all at once, and soon enough to see a breaker set by hand. */
  lookAgainInMs(target: Target, waitMs: number): number;
}

/** A wait may be over sooner than was thought. */
const LONGEST_WAIT_MS = 10_000;
/** Jobs that wait for one target look again one after the other. */
const BETWEEN_LOOKS_MS = 3;
const ASK_AGAIN_MS = 500;
const REDIS_AWAY_MS = 1_000;

export function createTargetHealth({
  store,
  board,
  policy,
  nowMs,
  onError,
}: {
  store: Pick<HealthStore, 'admit' | 'record'>;
  board: HealthBoard;
  policy: () => BreakerPolicy;
  /** Milliseconds of Redis' clock. */
  nowMs: () => number;
  onError: (error: unknown) => void;
}): TargetHealth {
  const nextLookAt = new Map<Target, number>();

  const passFor = (
    subject: HealthSubject,
    admission: Extract<Admission, { status: 'admitted' }>,
  ): CallPass => {
    let { epoch } = admission;
    let open = true;
    const record = async (
      verdict: CallVerdict,
      facts: {
        tier: Tier | null;
        firstTokenMs: number | null;
        totalMs: number;
        completionTokens: number | null;
      },
    ): Promise<void> => {
      open = false;
      try {
        board.put(subject, await store.record(subject, { epoch, verdict, ...facts }, policy()));
      } catch (error) {
        onError(error);
      }
    };
    return {
      status: 'admitted',
      isProbe: admission.as === 'probe',
      holds() {
        const breaker = board.breaker(subject);
        if (breaker.forced === 'open') return false;
        if (breaker.epoch <= epoch || !policy().enabled) return true;
        // It has opened and closed again meanwhile: the call is one of now.
        if (!goesAtOnce(breaker, policy())) return false;
        epoch = breaker.epoch;
        return true;
      },
      async settle(outcome, { totalMs, tier, verdict = verdictOf(outcome) }) {
        if (!open) return;
        // A call that says nothing and holds no place has nothing to tell.
        if (verdict === 'neutral' && admission.as === 'normal') return;
        const completionTokens = outcome.usage?.completion_tokens ?? null;
        const recorded = record(verdict, {
          tier,
          firstTokenMs: outcome.firstTokenMs,
          totalMs,
          completionTokens,
        });
        if (verdict === 'failed') await recorded;
      },
      release() {
        if (!open || admission.as === 'normal') return;
        void record('neutral', { tier: null, firstTokenMs: null, totalMs: 0, completionTokens: null });
      },
    };
  };

  return {
    async admit(target, lane) {
      const subject = subjectOf(target, lane);
      const breaker = board.breaker(subject);
      if (goesAtOnce(breaker, policy())) {
        return passFor(subject, { status: 'admitted', epoch: breaker.epoch, as: 'normal' });
      }
      const waitMs = closedForMs(breaker, nowMs());
      if (waitMs > 0) return { status: 'refused', retryInMs: waitMs };
      try {
        const asked = await store.admit(subject, policy());
        board.put(subject, asked.breaker);
        return asked.admission.status === 'refused' ? asked.admission : passFor(subject, asked.admission);
      } catch (error) {
        onError(error);
        return { status: 'refused', retryInMs: REDIS_AWAY_MS };
      }
    },
    unavailableMs(target, lane) {
      const breaker = board.breaker(subjectOf(target, lane));
      if (goesAtOnce(breaker, policy())) return 0;
      const { phase } = breaker;
      // What a ramp lets through is known when it is asked; who is refused asks once in each step.
      const untilStepMs = phase.state === 'ramping' ? phase.sinceMs + policy().rampStepMs - nowMs() : 0;
      return Math.max(0, untilStepMs, closedForMs(breaker, nowMs()));
    },
    lookAgainInMs(target, waitMs) {
      const now = performance.now();
      const at = Math.max(
        now + Math.min(waitMs, LONGEST_WAIT_MS),
        (nextLookAt.get(target) ?? 0) + BETWEEN_LOOKS_MS,
      );
      nextLookAt.set(target, at);
      return at - now;
    },
  };
}

function goesAtOnce({ phase, forced }: Breaker, { enabled, ramp }: BreakerPolicy): boolean {
  if (forced) return forced === 'closed';
  if (!enabled || phase.state === 'closed') return true;
  return phase.state === 'ramping' && (ramp[phase.step] ?? 1_000) >= 1_000;
}

/** For how long nothing goes for certain; 0: it may be asked for. */
function closedForMs({ phase, forced }: Breaker, nowMs: number): number {
  if (forced === 'open') return LONGEST_WAIT_MS;
  if (phase.state === 'open') return Math.max(0, phase.untilMs - nowMs);
  if (phase.state === 'half_open' && phase.probeUntilMs > nowMs) return ASK_AGAIN_MS;
  return 0;
}

function verdictOf(outcome: ProviderOutcome): CallVerdict {
  if (outcome.status === 'ok') return 'ok';
  return countsAgainstHealth(outcome.error) ? 'failed' : 'neutral';
}

function subjectOf(target: Target, lane: Lane): HealthSubject {
  const parts = parseTarget(target);
  return { provider: parts?.provider ?? '', model: parts?.model ?? target, lane };
}
