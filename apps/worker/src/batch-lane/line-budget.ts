import { formatTarget } from '@sluice/contracts';
import type { LaneRun, ReserveOutcome } from '@sluice/broker';
import { costBounds } from '@sluice/core';
import { retryWhileRedisIsAway } from '../retry-while-redis-is-away.ts';
import type { RunnableJob } from '../settle-attempt.ts';
import type { LeadContext } from './lane-deps.ts';

/** Sets the cost of a line aside at every budget that it counts against; once for each run, however often it is asked. */
export async function reserveLine(
  job: RunnableJob,
  run: LaneRun,
  { broker, catalogue, provider }: LeadContext,
): Promise<ReserveOutcome> {
  const target = formatTarget({ provider, model: run.model });
  const budgets = broker.budgets.of(job, target);
  if (budgets.length === 0) return { status: 'reserved' };
  const { entry, vendor } = catalogue.resolve(target);
  const cost = costBounds(job.request, entry, { vendor, lane: 'batch' });
  if (!cost) return { status: 'reserved' };
  return broker.budgets.reserve(budgets, { jobId: job.id, token: run.run, cost });
}

/** Books what a line cost in place of what was set aside for it; 0: it was never run. Idempotent. */
export async function settleLineBudget(
  job: RunnableJob,
  { run, costUsd }: { run: LaneRun; costUsd: number },
  { broker, provider }: LeadContext,
): Promise<void> {
  const budgets = broker.budgets.of(job, formatTarget({ provider, model: run.model }));
  if (budgets.length === 0) return;
  await retryWhileRedisIsAway(() =>
    broker.budgets.settle(budgets, { jobId: job.id, token: run.run, costUsd }),
  );
}
