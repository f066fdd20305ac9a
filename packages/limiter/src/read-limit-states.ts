import { CONCURRENCY_RETRY_MS } from './ask-for-permit.ts';
import type { BucketPlan } from './bucket-plan.ts';
import type { LimitBook } from './limit-book.ts';
import type { PermitScripts } from './permit-scripts.ts';
import type { ScopePlan } from './plan-scope.ts';
import type { LimitState } from './provider-limiter.ts';

interface Snapshot {
  nowMicroseconds: number;
  state: ReadonlyMap<string, string>;
}

/** Rejects when Redis does not answer. */
export async function readLimitStates(scripts: PermitScripts, book: LimitBook): Promise<LimitState[]> {
  if (book.unlimited) return [];
  const outcome = await scripts.readState();
  if (outcome.status === 'failed') throw outcome.error;
  const [nowMicroseconds, inFlight, , stateFields] = outcome.reply as [number, number, string[], string[]];
  const state = new Map<string, string>();
  for (let index = 0; index + 1 < stateFields.length; index += 2) {
    state.set(stateFields[index] ?? '', stateFields[index + 1] ?? '');
  }
  const snapshot = { nowMicroseconds, state };
  const states: LimitState[] = [];
  if (book.provider) states.push(...scopeStates(book.provider, null, inFlight, snapshot));
  for (const [model, plan] of book.models) {
    states.push(...scopeStates(plan, model, Number(state.get(`flight:${model}`) ?? 0), snapshot));
  }
  return states;
}

function scopeStates(
  plan: ScopePlan,
  model: string | null,
  inFlight: number,
  snapshot: Snapshot,
): LimitState[] {
  const scope = model === null ? ('provider' as const) : ('model' as const);
  const stored = snapshot.state.get(model === null ? 'bucket:provider' : `bucket:model:${model}`);
  const [at, requests, tokens] = (stored ?? '').split(' ').map(Number);
  const elapsedMs = at ? Math.max(0, snapshot.nowMicroseconds - at) / 1_000 : 0;
  const states: LimitState[] = [];
  if (plan.requests) {
    states.push({ scope, model, dimension: 'requests', ...bucketState(plan.requests, requests, elapsedMs) });
  }
  if (plan.tokens) {
    states.push({ scope, model, dimension: 'tokens', ...bucketState(plan.tokens, tokens, elapsedMs) });
  }
  if (plan.concurrency !== null) {
    const limit = plan.concurrency;
    const remaining = Math.max(0, limit - inFlight);
    const nextFreeMs = remaining > 0 ? 0 : CONCURRENCY_RETRY_MS;
    states.push({ scope, model, dimension: 'concurrency', limit, used: inFlight, remaining, nextFreeMs });
  }
  return states;
}

function bucketState({ capacity, ratePerMs }: BucketPlan, stored: number | undefined, elapsedMs: number) {
  const known = stored !== undefined && Number.isFinite(stored);
  const level = known ? Math.min(capacity, stored + ratePerMs * elapsedMs) : 0;
  return {
    limit: capacity,
    used: capacity - level,
    remaining: Math.max(0, level),
    nextFreeMs: level >= 1 ? 0 : Math.ceil((1 - level) / ratePerMs),
  };
}
