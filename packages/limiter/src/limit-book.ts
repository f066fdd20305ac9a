import { createHash } from 'node:crypto';
import type { ProviderLimits } from './provider-limiter.ts';
import type { ScopePlan } from './plan-scope.ts';
import { planScope } from './plan-scope.ts';

/** A provider's limits, planned. */
export interface LimitBook {
  limits: ProviderLimits;
  provider: ScopePlan | null;
  /** Only models with limits of their own. */
  models: ReadonlyMap<string, ScopePlan>;
  /** Nothing is limited, for no model. */
  unlimited: boolean;
  /** Equal limits have equal revisions, in every process. */
  revision: string;
  source: string;
}

export function createLimitBook(limits: ProviderLimits): LimitBook {
  const provider = planScope(limits.provider);
  const models = new Map<string, ScopePlan>();
  for (const [model, modelLimits] of Object.entries(limits.models)) {
    const plan = planScope(modelLimits);
    if (plan) models.set(model, plan);
  }
  const source = JSON.stringify(limits);
  return {
    limits,
    provider,
    models,
    unlimited: provider === null && models.size === 0,
    revision: createHash('sha256').update(source).digest('hex').slice(0, 16),
    source,
  };
}

/** Whether calls of a model need a permit at all. */
export function isLimited(book: LimitBook, model: string): boolean {
  return book.provider !== null || book.models.has(model);
}
