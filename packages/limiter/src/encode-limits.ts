import type { LimitBook } from './limit-book.ts';
import type { ScopePlan } from './plan-scope.ts';

/** Field and value of each limited scope, as `acquire.lua` reads them. */
export function encodeLimits(book: LimitBook): string[] {
  const fields: string[] = [];
  if (book.provider) fields.push('provider', encodeScope(book.provider));
  for (const [model, plan] of book.models) fields.push(`model:${model}`, encodeScope(plan));
  return fields;
}

function encodeScope({ requests, tokens, tokensAtMost, concurrency }: ScopePlan): string {
  return [
    requests?.capacity ?? '-',
    requests ? perMicrosecond(requests.ratePerMs) : '-',
    tokens?.capacity ?? '-',
    tokens ? perMicrosecond(tokens.ratePerMs) : '-',
    tokensAtMost,
    concurrency ?? '-',
  ].join(' ');
}

function perMicrosecond(ratePerMs: number): number {
  return ratePerMs / 1_000;
}
