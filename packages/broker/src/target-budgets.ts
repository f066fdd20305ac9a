import type { BudgetLevel, Target } from '@sluice/contracts';
import type { Budgets } from './budgets.ts';

const NOBODY = { tenant: '', keyId: '', tags: [], task: null, route: null };
const OF_TARGETS: ReadonlySet<string> = new Set(['provider', 'model']);

/** How the budgets of providers and models stand, the worst of each target; a target without one is not in it. */
export async function targetBudgets(
  targets: Iterable<Target>,
  budgets: Pick<Budgets, 'of' | 'recentStatus' | 'isEmpty'>,
): Promise<ReadonlyMap<Target, Exclude<BudgetLevel, 'ok'>>> {
  const levels = new Map<Target, Exclude<BudgetLevel, 'ok'>>();
  if (budgets.isEmpty()) return levels;
  for (const target of targets) {
    const own = budgets.of(NOBODY, target).filter(({ config: { scope } }) => OF_TARGETS.has(scope));
    if (own.length === 0) continue;
    const states = await budgets.recentStatus(own);
    if (states.some(({ level }) => level === 'hard')) levels.set(target, 'hard');
    else if (states.some(({ level }) => level === 'soft')) levels.set(target, 'soft');
  }
  return levels;
}
