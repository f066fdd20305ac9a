import { createHash } from 'node:crypto';
import type { Limits } from '@sluice/contracts';
import type { ProviderLimits } from './provider-limiter.ts';
import type { ScopePlan } from './plan-scope.ts';
import { planScope } from './plan-scope.ts';

/** A provider's limits, planned. */
export interface LimitBook {
  limits: ProviderLimits;
  provider: ScopePlan | null;
  /** Only models with limits of their own. */
  models: ReadonlyMap<string, ScopePlan>;
  /** Only keys with limits of their own. */
  keys: ReadonlyMap<string, ScopePlan>;
  /** Keys whose refusals are not the others': those with limits, and those of a pool. */
  accounts: ReadonlySet<string>;
  /** Nothing is limited, for no model and no key. */
  unlimited: boolean;
  /** Equal limits have equal revisions, in every process. */
  revision: string;
  source: string;
}

export function createLimitBook(limits: ProviderLimits): LimitBook {
  const provider = planScope(limits.provider);
  const models = planAll(limits.models);
  const keys = planAll(limits.keys ?? {});
  const source = JSON.stringify(limits);
  return {
    limits,
    provider,
    models,
    keys,
    accounts: new Set([...keys.keys(), ...(limits.pool ?? [])]),
    unlimited: provider === null && models.size === 0 && keys.size === 0,
    revision: createHash('sha256').update(source).digest('hex').slice(0, 16),
    source,
  };
}

/** Whether calls of a model by one of these keys need a permit at all. */
export function isLimited(book: LimitBook, model: string, keys: readonly string[]): boolean {
  return book.provider !== null || book.models.has(model) || keys.some((key) => book.keys.has(key));
}

function planAll(limits: Readonly<Record<string, Limits>>): Map<string, ScopePlan> {
  const plans = new Map<string, ScopePlan>();
  for (const [name, each] of Object.entries(limits)) {
    const plan = planScope(each);
    if (plan) plans.set(name, plan);
  }
  return plans;
}
