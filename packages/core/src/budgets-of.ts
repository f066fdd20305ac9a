import { parseTarget, type BudgetConfig, type BudgetScope, type Target } from '@sluice/contracts';

/** What budgets look at of a job. */
export interface BudgetSubject {
  tenant: string;
  keyId: string;
  tags: readonly string[];
  task: string | null;
  route: string | null;
}

/** One budget that a call of a job counts against. */
export interface BudgetInForce {
  config: BudgetConfig;
  /** `<scope>` or `<scope>/<name>`: what it is kept under. */
  id: string;
  /** Whose it is; null for the installation. */
  name: string | null;
}

/**
 * The budgets that a job counts against; with a target also those of its provider and model. One that is named goes
 * over the one for each of its scope. Pure.
 */
export function budgetsOf(
  subject: BudgetSubject,
  budgets: readonly BudgetConfig[],
  target?: Target,
): BudgetInForce[] {
  const names = namesOf(subject, target);
  const found = new Map<string, BudgetInForce>();
  for (const config of budgets) {
    for (const name of names[config.scope]) {
      if (config.name !== undefined && config.name !== name) continue;
      const id = name === null ? config.scope : `${config.scope}/${name}`;
      if (found.has(id) && config.name === undefined) continue;
      found.set(id, { config, id, name });
    }
  }
  return [...found.values()];
}

function namesOf(
  { tenant, keyId, tags, task, route }: BudgetSubject,
  target: Target | undefined,
): Record<BudgetScope, (string | null)[]> {
  const provider = target && parseTarget(target)?.provider;
  return {
    installation: [null],
    tenant: [tenant],
    key: [keyId],
    tag: [...new Set(tags)],
    task: task === null ? [] : [task],
    route: route === null ? [] : [route],
    provider: provider ? [provider] : [],
    model: target ? [target] : [],
  };
}
