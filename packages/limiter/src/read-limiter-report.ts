import { CONCURRENCY_RETRY_MS } from './ask-for-permit.ts';
import type { LimitBook } from './limit-book.ts';
import type { PermitScripts } from './permit-scripts.ts';
import type { ScopePlan } from './plan-scope.ts';
import type { LimiterReport, LimitState } from './provider-limiter.ts';
import { scopeNames } from './scope-names.ts';

/** As `read-state.lua` answers; times in microseconds. */
interface StoredScope {
  levels: Record<string, { level: number; claimed: number; nextFree: number }>;
  days: Record<string, { used: number; untilReset: number }>;
  flight: number;
  queued: number;
  resumeIn: number;
  share: number;
}

type ScopeIdentity = Pick<LimitState, 'scope' | 'model' | 'key'>;

/** Rejects when Redis does not answer. */
export async function readLimiterReport(scripts: PermitScripts, book: LimitBook): Promise<LimiterReport> {
  const scopes: { name: string; plan: ScopePlan | null; identity: ScopeIdentity }[] = [
    { name: 'provider', plan: book.provider, identity: { scope: 'provider', model: null, key: null } },
    ...Array.from(book.models, ([model, plan]) => ({
      name: scopeNames({ model }).model,
      plan,
      identity: { scope: 'model' as const, model, key: null },
    })),
    ...Array.from(book.accounts, (key) => ({
      name: scopeNames({ model: '', key }).key,
      plan: book.keys.get(key) ?? null,
      identity: { scope: 'key' as const, model: null, key },
    })),
  ];
  const outcome = await scripts.readState(scopes.map(({ name }) => name));
  if (outcome.status === 'failed') throw outcome.error;
  const stored = JSON.parse(outcome.reply as string) as {
    scopes: Record<string, StoredScope>;
    workers: Record<string, number>;
  };
  const of = (kind: LimitState['scope']): StoredScope[] =>
    scopes.flatMap(({ name, identity }) => (identity.scope === kind ? (stored.scopes[name] ?? []) : []));
  const shared = [...of('provider'), ...of('model')];
  const keysPausedMs = Object.fromEntries(
    scopes.flatMap(({ name, identity: { key } }) =>
      key === null ? [] : [[key, (stored.scopes[name]?.resumeIn ?? 0) / 1_000] as const],
    ),
  );
  return {
    states: scopes.flatMap(({ name, plan, identity }) => scopeStates(plan, stored.scopes[name], identity)),
    holders: Object.entries(stored.workers).map(([worker, calls]) => ({
      worker: decodeURIComponent(worker),
      calls,
    })),
    pausedMs: Math.max(
      0,
      ...shared.map(({ resumeIn }) => resumeIn / 1_000),
      // A pool rests only while all its keys do.
      book.accounts.size === 0 ? 0 : Math.min(...Object.values(keysPausedMs)),
    ),
    rateShare: Math.min(1, ...shared.map(({ share }) => share), ...of('key').map(({ share }) => share)),
    keysPausedMs,
  };
}

function scopeStates(
  plan: ScopePlan | null,
  stored: StoredScope | undefined,
  identity: ScopeIdentity,
): LimitState[] {
  if (!plan || !stored) return [];
  const states: LimitState[] = [];
  for (const { dimension, capacity } of plan.rates) {
    const { level, claimed, nextFree } = stored.levels[dimension] ?? { level: 0, claimed: 0, nextFree: 0 };
    states.push({
      ...identity,
      dimension,
      limit: capacity,
      used: capacity - level - claimed,
      remaining: Math.max(0, level),
      nextFreeMs: level >= 1 ? 0 : Math.ceil(nextFree / 1_000),
    });
  }
  for (const { dimension, limit } of plan.days) {
    const { used, untilReset } = stored.days[dimension] ?? { used: 0, untilReset: 0 };
    states.push({ ...identity, dimension, ...counted(limit, used, Math.ceil(untilReset / 1_000)) });
  }
  if (plan.concurrency !== null) {
    const state = counted(plan.concurrency, stored.flight, CONCURRENCY_RETRY_MS);
    states.push({ ...identity, dimension: 'concurrency', ...state });
  }
  if (plan.queuedTokens !== null) {
    const state = counted(plan.queuedTokens, stored.queued, CONCURRENCY_RETRY_MS);
    states.push({ ...identity, dimension: 'queued_batch_tokens', ...state });
  }
  return states;
}

function counted(limit: number, used: number, nextFreeMs: number) {
  const remaining = Math.max(0, limit - used);
  return { limit, used, remaining, nextFreeMs: remaining >= 1 ? 0 : nextFreeMs };
}
