import type { BudgetStatus } from '@sluice/contracts';
import type { BudgetInForce, BudgetSubject } from '@sluice/core';
import type { Budgets } from './budgets.ts';

/** The budgets of one tenant and key. Whoever holds it can't ask for those of others. */
export interface CallerBudgets {
  /** Those that a job counts against. */
  of(job: Omit<BudgetSubject, 'tenant' | 'keyId'>): readonly BudgetInForce[];
  /** As they stand now. */
  status(budget: BudgetInForce): Promise<BudgetStatus>;
  /** As they stood at most a second ago. */
  recentStatus(budgets: readonly BudgetInForce[]): Promise<BudgetStatus[]>;
}

/** The part of the budgets that a caller counts against. `budgets` throws while Redis has not been reached yet. */
export function createCallerBudgets(
  budgets: () => Budgets,
  caller: Pick<BudgetSubject, 'tenant' | 'keyId'>,
): CallerBudgets {
  return {
    of: (job) => budgets().of({ ...job, ...caller }),
    status: async (budget) => budgets().status(budget),
    recentStatus: async (inForce) => budgets().recentStatus(inForce),
  };
}
