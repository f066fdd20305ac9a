import type { Lane, Target, Tier } from '@sluice/contracts';
import type { TargetState } from '../world.ts';
import { hashUnit } from './hash-unit.ts';

/** Why a target goes behind others for now. */
export const HOLD_CODES = [
  /** Out until it frees; the job still has it at its chain's end. */
  'breaker_open',
  'limits_used_up',
  'budget_hard',
  /** Behind the others. */
  'limits_nearly_used',
  'budget_soft',
  'slow',
  'reported_trouble',
  'context_tight',
  'long_wait',
] as const;
export type HoldCode = (typeof HOLD_CODES)[number];

/** Where a target stands for now: 0 as good as any, 1 behind the others, 2 out until it frees. */
export type Standing = { rank: 0 } | { rank: 1 | 2; code: HoldCode; message: string };

const GOOD: Standing = { rank: 0 };
/** Of the most used limit. */
const USED_UP = 0.98;
const NEARLY_USED = 0.9;
/** Share of the jobs that go to a target that is being probed. */
const PROBING = 0.1;

/**
 * Where a target stands by what is known of it now. None of this ever refuses a job: it only sets the order in which
 * targets are tried, and each is asked again before its attempt.
 */
export function standingOf({
  target,
  state,
  lane,
  tier,
  seed,
  isTight,
  maxWaitMs,
}: {
  target: Target;
  state: TargetState | undefined;
  lane: Lane;
  tier: Tier;
  seed: string;
  /** Prompt and answer are estimated not to fit, though they might. */
  isTight: boolean;
  maxWaitMs: number | undefined;
}): Standing {
  const outOf = (code: HoldCode, message: string): Standing => ({ rank: 2, code, message });
  const behind = (code: HoldCode, message: string): Standing => ({ rank: 1, code, message });
  const breaker = state?.breakers?.[lane];
  if (breaker?.state === 'open')
    return outOf('breaker_open', `The breaker of ${target} is open: its calls have been failing.`);
  // Some jobs have to find out whether it is back; of these the worker lets one through at a time.
  if (breaker?.state === 'half_open' && hashUnit(`probe ${target} ${seed}`) >= PROBING)
    return outOf('breaker_open', `${target} is being probed after failures.`);
  // While it ramps the worker lets its share of the jobs through; to take it here as well would square it.
  const used = state?.limitsUsed ?? 0;
  const percent = Math.round(used * 100);
  if (used > USED_UP) return outOf('limits_used_up', `The limits of ${target} are used to ${percent} %.`);
  if (state?.budget === 'hard') return outOf('budget_hard', `The budget of ${target} is spent.`);
  if (isTight) return behind('context_tight', `The request may not fit the context window of ${target}.`);
  if (used > NEARLY_USED)
    return behind('limits_nearly_used', `The limits of ${target} are used to ${percent} %.`);
  if (state?.budget === 'soft') return behind('budget_soft', `The budget of ${target} is nearly spent.`);
  if (state?.isSlow) return behind('slow', `${target} is slower than it usually is.`);
  if (state?.hasReportedTrouble)
    return behind('reported_trouble', `The status page of ${target} reports trouble.`);
  const waitMs = state?.waitMs?.[tier] ?? 0;
  if (maxWaitMs !== undefined && waitMs > maxWaitMs)
    return behind('long_wait', `The wait at ${target} is ${waitMs} ms, above the route's max_wait.`);
  return GOOD;
}
