import type { JobError, Target } from '@sluice/contracts';
import type { Broker } from '@sluice/broker';
import type { BudgetVerdict } from './reserve-budget.ts';
import { nothingPaid, type RunnableJob, type Settler } from './settle-attempt.ts';

/** Budgets may be raised at any time, so nobody waits for longer without looking. */
const LOOK_AGAIN_MS = 60_000;
const SPREAD = 0.5;

/**
 * What becomes of a job for which a budget has no room: where that of a provider or model is full, the next target of
 * the chain that has room; else it waits, or fails, as the budget says.
 */
export async function waitForBudget(
  job: RunnableJob,
  { budget, retryInMs }: Extract<BudgetVerdict, { status: 'full' }>,
  { settler, budgets }: { settler: Settler; budgets: Broker['budgets'] },
): Promise<void> {
  const { scope, on_exceed: onExceed } = budget.config;
  if (scope === 'provider' || scope === 'model') {
    const next = await targetWithRoom(job, budgets);
    if (next !== null) return settler.postpone(job, { targetIndex: next, delayMs: 0 });
  }
  if (onExceed === 'refuse' || retryInMs === null) {
    const message =
      retryInMs === null
        ? `The budget ${budget.id} is smaller than what this request may cost; lower max_tokens or raise it.`
        : `The budget ${budget.id} is used up.`;
    return settler.fail(job, nothingPaid(job, 0), budgetError(message));
  }
  const delayMs = Math.min(retryInMs, LOOK_AGAIN_MS) * (1 + Math.random() * SPREAD);
  return settler.postpone(job, { targetIndex: job.targetIndex, delayMs });
}

/** The first other target whose own budgets are not used up, in the order of the chain; null when there is none. */
async function targetWithRoom(job: RunnableJob, budgets: Broker['budgets']): Promise<number | null> {
  for (let step = 1; step < job.chain.length; step += 1) {
    const index = (job.targetIndex + step) % job.chain.length;
    const target = job.chain[index] as Target;
    const states = await Promise.all(budgets.of(job, target).map(budgets.status));
    if (states.every(({ level }) => level !== 'hard')) return index;
  }
  return null;
}

function budgetError(message: string): JobError {
  const code = 'budget_exceeded';
  return { code, message, param: null, doc_url: `/docs/errors#${code}`, last_error: null };
}
