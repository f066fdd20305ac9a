import { ApiError, type BudgetStatus, type ChatRequest, type Target } from '@sluice/contracts';
import type { CallerBudgets } from '@sluice/broker';
import { costBounds, type CostBounds } from '@sluice/core';
import type { ApiDeps } from './api-deps.ts';
import type { Caller } from './caller.ts';

/** What budgets look at of a new job, beside whose it is. */
type Spending = Parameters<CallerBudgets['of']>[0];

/** `soft` when a budget of a new job is nearly spent: cheaper targets should go first. */
export async function budgetOf(
  job: Spending,
  { caller, config }: Pick<ApiDeps, 'config'> & { caller: Pick<Caller, 'budgets'> },
): Promise<'soft' | undefined> {
  if (config().budgets.length === 0) return undefined;
  const states = await caller.budgets.recentStatus(caller.budgets.of(job));
  return states.some(({ level }) => level !== 'ok') ? 'soft' : undefined;
}

/**
 * Looks at a new job's budgets as they stood at most a second ago; every call is checked again before it is made.
 * @throws ApiError `budget_exceeded` when one that refuses has no room even for the cheapest of the job's targets.
 */
export async function checkBudgets(
  job: Spending,
  { request, chain }: { request: ChatRequest; chain: readonly Target[] },
  {
    caller,
    config,
    resolveModel,
  }: Pick<ApiDeps, 'config' | 'resolveModel'> & { caller: Pick<Caller, 'budgets'> },
): Promise<void> {
  if (config().budgets.length === 0) return;
  const inForce = caller.budgets.of(job);
  const states = await caller.budgets.recentStatus(inForce);
  const cheapest = chain
    .map((target) => costBounds(request, resolveModel(target).entry))
    .reduce((least, cost) => (cost && (!least || cost.worstUsd < least.worstUsd) ? cost : least), null);
  inForce.forEach(({ config: budget }, index) => {
    const state = states[index] as BudgetStatus;
    if (budget.on_exceed !== 'refuse' || !cheapest || hasRoom(state, amountOf(cheapest, budget))) return;
    const whose = state.name === null ? state.scope : `${state.scope} ${state.name}`;
    throw new ApiError('budget_exceeded', `The budget of the ${whose} has no room for this request.`, {
      headers: { 'x-should-retry': 'false' },
    });
  });
}

function amountOf(cost: CostBounds, { reserve }: { reserve: 'worst_case' | 'expected' }): number {
  return reserve === 'expected' ? cost.expectedUsd : cost.worstUsd;
}

/** What is set aside for calls that run may come back, so it does not count here. */
function hasRoom({ day, month }: BudgetStatus, amountUsd: number): boolean {
  return [day, month].every(
    ({ limit_usd: limit, spent_usd: spent }) => limit === null || spent + amountUsd <= limit,
  );
}
