import { randomUUID } from 'node:crypto';
import type { Target } from '@sluice/contracts';
import type { Broker, ReserveOutcome } from '@sluice/broker';
import { costBounds, type ModelCatalogue, type TokenLearner } from '@sluice/core';
import type { CallResult } from './call-provider.ts';
import { retryWhileRedisIsAway } from './retry-while-redis-is-away.ts';
import type { RunnableJob } from './settle-attempt.ts';

export interface ReservedBudget {
  status: 'reserved';
  /** Books what the call cost. Never rejects, as `release`. */
  book(result: Pick<CallResult, 'outcome' | 'attemptEnd'>): Promise<void>;
  /** Gives back what was not booked: no call was made. Harmless after `book`. */
  release(): Promise<void>;
}

export type BudgetVerdict = ReservedBudget | Extract<ReserveOutcome, { status: 'full' }>;

/** After these a provider may have gone on working, and charges for it. */
const MAY_HAVE_COST: ReadonlySet<string> = new Set(['timeout', 'truncated', 'cancelled']);

const NO_BUDGET: ReservedBudget = {
  status: 'reserved',
  book: () => Promise.resolve(),
  release: () => Promise.resolve(),
};

/**
 * Sets the cost of a call aside at every budget that it counts against. What a lost worker leaves is settled when its
 * job ends. A model without a price costs nothing that could be counted.
 */
export async function reserveBudget(
  job: RunnableJob,
  target: Target,
  {
    budgets,
    catalogue,
    learner,
  }: { budgets: Broker['budgets']; catalogue: ModelCatalogue; learner: TokenLearner },
): Promise<BudgetVerdict> {
  const inForce = budgets.of(job, target);
  if (inForce.length === 0) return NO_BUDGET;
  const { entry, vendor } = catalogue.resolve(target);
  const cost = costBounds(job.request, entry, {
    bytesPerToken: learner.bytesPerToken(target),
    margin: learner.margin(target),
    vendor,
    lane: job.lane,
  });
  if (!cost) return NO_BUDGET;
  const call = { jobId: job.id, token: randomUUID() };
  const outcome = await retryWhileRedisIsAway(() => budgets.reserve(inForce, { ...call, cost }));
  if (outcome.status === 'full') return outcome;
  let settled = false;
  const settle = async (costUsd: number | null): Promise<void> => {
    if (settled) return;
    settled = true;
    // What fails here is settled when the job ends.
    await budgets.settle(inForce, { ...call, costUsd }).catch(() => undefined);
  };
  return {
    status: 'reserved',
    book({ outcome: { status, ...rest }, attemptEnd }) {
      const error = status === 'error' && 'error' in rest ? rest.error : null;
      const isKnown = attemptEnd.cost_usd !== null && !('usageEstimated' in rest);
      const unknown = !isKnown && error !== null && MAY_HAVE_COST.has(error.code);
      return settle(unknown ? null : (attemptEnd.cost_usd ?? 0));
    },
    release: () => settle(0),
  };
}
