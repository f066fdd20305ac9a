import type { ChatRequest, Lane, LanesConfig, Target, Tier, Warning } from '@sluice/contracts';
import type { LaneOffer } from './lane-offer.ts';

export interface PlanLaneInput {
  asked: 'auto' | Lane;
  tier: Tier;
  request: Pick<ChatRequest, 'stream'>;
  chain: readonly Target[];
  offer: (target: Target) => LaneOffer;
  /** What the job is expected to cost at a target in a lane, in US dollars; null when no price is known. */
  estimateUsd: (target: Target, lane: Lane) => number | null;
  timeLeftMs: number;
  /** How long a job of this tier would wait for its live start, in milliseconds; null when that is not known. */
  liveWaitMs: (target: Target) => number | null;
  /** The lane's breaker is open at a target. */
  isOpen: (target: Target, lane: Lane) => boolean;
  policy: LanesConfig;
}

/**
 * Why a lane was chosen. `asked`: by the caller. `tier`: `auto` runs priority and standard live. `cheapest_in_time`.
 * `live_too_slow`: what waits live would take past the deadline. `streaming`: a batch has no stream. `no_time`: the
 * cheaper lanes need longer. `not_offered`: no target has a cheaper lane, or none that costs less.
 */
export type LaneReason =
  | 'asked'
  | 'tier'
  | 'cheapest_in_time'
  | 'live_too_slow'
  | 'streaming'
  | 'no_time'
  | 'not_offered';

export interface LaneChoice {
  lane: Lane;
  reason: LaneReason;
  /** Null: no price is known. */
  estimate_usd: number | null;
  /** The same at the first target live. */
  live_usd: number | null;
}

export type LanePlan =
  | {
      status: 'ok';
      /** As given, but for a lane that was asked for only the targets that offer it. */
      chain: readonly Target[];
      /** Where the job goes first. */
      targetIndex: number;
      choice: LaneChoice;
      warnings: readonly Warning[];
    }
  | { status: 'error'; message: string };

/** In which lane a job begins, and at which target of its chain. Pure. */
export function planLane(input: PlanLaneInput): LanePlan {
  if (input.asked === 'live') return live(input, 'asked');
  if (input.asked !== 'auto') return forced(input, input.asked);
  if (input.tier !== 'flex') return live(input, 'tier');
  return cheapest(input);
}

function live(input: PlanLaneInput, reason: LaneReason): LanePlan {
  return plan(input, { chain: input.chain, targetIndex: 0, lane: 'live', reason });
}

function plan(
  { estimateUsd }: PlanLaneInput,
  {
    chain,
    targetIndex,
    lane,
    reason,
    warnings = [],
  }: {
    chain: readonly Target[];
    targetIndex: number;
    lane: Lane;
    reason: LaneReason;
    warnings?: readonly Warning[];
  },
): LanePlan {
  const choice = {
    lane,
    reason,
    estimate_usd: estimateUsd(chain[targetIndex] as Target, lane),
    live_usd: estimateUsd(chain[0] as Target, 'live'),
  };
  return { status: 'ok', chain, targetIndex, choice, warnings };
}

/** Only targets that offer the lane, because a job that must run so must not hop to one that can't. */
function forced(input: PlanLaneInput, lane: 'flex' | 'batch'): LanePlan {
  const chain = input.chain.filter((target) => input.offer(target)[lane]);
  if (chain.length === 0) {
    return {
      status: 'error',
      message: `No target of the chain offers the ${lane} lane: ${input.chain.join(', ')}.`,
    };
  }
  const left = input.chain.filter((target) => !chain.includes(target));
  const warnings = left.map((target): Warning => ({
    code: 'target_skipped',
    message: `${target} does not offer the ${lane} lane.`,
    param: 'lane',
    target,
  }));
  return plan(input, { chain, targetIndex: 0, lane, reason: 'asked', warnings });
}

function cheapest(input: PlanLaneInput): LanePlan {
  const { chain, policy, timeLeftMs, request } = input;
  const batchAt = cheaperTarget(input, 'batch');
  const flexAt = cheaperTarget(input, 'flex');
  if (batchAt === -1 && flexAt === -1) return live(input, 'not_offered');
  const streams = request.stream === true;
  if (batchAt !== -1 && !streams && timeLeftMs >= policy.batch.min_window) {
    return plan(input, { chain, targetIndex: batchAt, lane: 'batch', reason: 'cheapest_in_time' });
  }
  const tooSlow = isLiveTooSlow(input);
  if (batchAt !== -1 && !streams && tooSlow && timeLeftMs >= policy.flex.min_window) {
    return plan(input, { chain, targetIndex: batchAt, lane: 'batch', reason: 'live_too_slow' });
  }
  // A call of the flex tier takes its turn among the live ones.
  if (flexAt !== -1 && timeLeftMs >= policy.flex.min_window && !tooSlow) {
    return plan(input, { chain, targetIndex: flexAt, lane: 'flex', reason: 'cheapest_in_time' });
  }
  return live(input, flexAt === -1 && streams ? 'streaming' : 'no_time');
}

/** The first target whose lane is offered, works, and costs less than the first target live; -1 when none does. */
function cheaperTarget({ chain, offer, estimateUsd, isOpen }: PlanLaneInput, lane: 'flex' | 'batch'): number {
  const liveUsd = estimateUsd(chain[0] as Target, 'live');
  return chain.findIndex((target) => {
    if (!offer(target)[lane] || isOpen(target, lane)) return false;
    const usd = estimateUsd(target, lane);
    return usd !== null && (liveUsd === null || usd < liveUsd);
  });
}

function isLiveTooSlow({ chain, liveWaitMs, timeLeftMs }: PlanLaneInput): boolean {
  return chain.every((target) => {
    const waitMs = liveWaitMs(target);
    return waitMs !== null && waitMs > timeLeftMs;
  });
}
