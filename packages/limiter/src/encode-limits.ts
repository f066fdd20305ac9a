import type { LimitBook } from './limit-book.ts';
import { scopeNames } from './scope-names.ts';
import type { ScopePlan } from './plan-scope.ts';

/** Field and JSON of each limited scope, in the microseconds of the scripts. */
export function encodeLimits(book: LimitBook): string[] {
  const fields: string[] = [];
  if (book.provider) fields.push('provider', encodeScope(book.provider));
  for (const [model, plan] of book.models) fields.push(scopeNames({ model }).model, encodeScope(plan));
  for (const [key, plan] of book.keys) fields.push(scopeNames({ model: '', key }).key, encodeScope(plan));
  return fields;
}

function encodeScope({ rates, days, concurrency, queuedTokens, keepsEstimate }: ScopePlan): string {
  return JSON.stringify({
    rates: rates.map(({ dimension, capacity, ratePerMs, atMost, window }) => ({
      dimension,
      capacity,
      rate: ratePerMs / 1_000,
      at_most: atMost,
      window,
    })),
    days: days.map(({ dimension, limit, lateMs }) => ({ dimension, limit, late: lateMs * 1_000 })),
    ...(concurrency === null ? {} : { concurrency }),
    ...(queuedTokens === null ? {} : { queued: queuedTokens }),
    keep_estimate: keepsEstimate,
  });
}
