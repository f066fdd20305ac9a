import type { LimitBook } from '../../packages/limiter/src/limit-book.ts';
import { SLOTS_AHEAD_MS, type Settlement } from '../../packages/limiter/src/permit-scripts.ts';
import type { DayPlan, RatePlan, ScopePlan } from '../../packages/limiter/src/plan-scope.ts';
import type { TokenCounts } from '../../packages/limiter/src/provider-limiter.ts';

const DAY = 86_400_000_000;
const CLAIM_GRACE = 10_000_000;
const HEAVY = 0.1;

interface Claim {
  id: string;
  need: number;
  filled: number;
  due: number;
}

interface Rate {
  plan: RatePlan;
  level: number | null;
  claims: Claim[];
}

interface Day {
  plan: DayPlan;
  used: number;
  /** Granted so late in the day that it counts for the next one as well. */
  late: number;
}

interface Scope {
  plan: ScopePlan;
  rates: Rate[];
  days: Day[];
  atMicroseconds: number | null;
  inFlight: number;
}

interface Asked {
  member: string;
  model: string;
  key: string;
  estimate: TokenCounts;
  claimId: string;
  nowMicroseconds: number;
}

interface Charge {
  scope: Scope;
  rates: { rate: Rate; amount: number }[];
  days: { day: Day; amount: number }[];
}

/** The buckets as they are meant, in plain arithmetic: what the scripts in Redis have to agree with. */
export class BucketModel {
  readonly #scopes: { provider: Scope | null; models: Map<string, Scope>; keys: Map<string, Scope> };
  readonly #charges = new Map<string, Charge[]>();
  readonly #ahead: number;

  constructor(book: LimitBook, aheadMs: number) {
    this.#scopes = {
      provider: book.provider && newScope(book.provider),
      models: new Map(Array.from(book.models, ([name, plan]) => [name, newScope(plan)])),
      keys: new Map(Array.from(book.keys, ([name, plan]) => [name, newScope(plan)])),
    };
    this.#ahead = aheadMs * 1_000;
  }

  acquire(asked: Asked) {
    const { provider, models, keys } = this.#scopes;
    const scopes = [provider, models.get(asked.model), keys.get(asked.key)].filter((scope) => !!scope);
    let wait = 0;
    let claimWait = 0;
    for (const scope of scopes) {
      refresh(scope, asked.nowMicroseconds);
      for (const rate of scope.rates) {
        const amount = amountOf(rate.plan.dimension, asked.estimate);
        const need = Math.min(amount, rate.plan.window ? rate.plan.atMost : rate.plan.capacity);
        if (rate.plan.dimension !== 'requests' && need > rate.plan.capacity * HEAVY) {
          claimWait = Math.max(claimWait, claimShortage(rate, need, asked));
        } else wait = Math.max(wait, shortage(rate, need));
      }
      for (const { plan, used } of scope.days) {
        const amount = Math.min(amountOf(plan.dimension, asked.estimate), plan.limit);
        const untilMidnight = DAY - (asked.nowMicroseconds % DAY);
        if (used + amount > plan.limit) wait = Math.max(wait, untilMidnight);
      }
    }
    if (claimWait > 0) return { status: 'claim', milliseconds: Math.ceil(Math.max(wait, claimWait) / 1_000) };
    const retry = Math.ceil(Math.max(0, wait - this.#ahead) / 1_000);
    if (scopes.some(({ plan, inFlight }) => plan.concurrency !== null && inFlight >= plan.concurrency)) {
      return { status: 'concurrency', milliseconds: retry };
    }
    if (wait > this.#ahead) return { status: 'rate', milliseconds: retry };
    this.#charges.set(
      asked.member,
      scopes.map((scope) => charge(scope, asked)),
    );
    return { status: 'granted', milliseconds: Math.ceil(wait / 1_000) };
  }

  release(member: string, settlement: Settlement): void {
    for (const { scope, rates, days } of this.#charges.get(member) ?? []) {
      scope.inFlight -= 1;
      for (const { rate, amount } of rates) {
        rate.level = (rate.level ?? 0) + refund(scope, rate.plan.dimension, { amount, settlement });
      }
      for (const { day, amount } of days) {
        day.used = Math.max(0, day.used - refund(scope, day.plan.dimension, { amount, settlement }));
      }
    }
    this.#charges.delete(member);
  }
}

function refund(
  { plan }: Scope,
  dimension: string,
  { amount, settlement }: { amount: number; settlement: Settlement },
): number {
  if (settlement.kind === 'keep') return 0;
  if (settlement.kind === 'return') return amount;
  if (dimension.startsWith('requests')) return 0;
  const back = amount - amountOf(dimension, settlement.actual);
  return back > 0 && (settlement.kind === 'at_least' || plan.keepsEstimate) ? 0 : back;
}

function newScope(plan: ScopePlan): Scope {
  return {
    plan,
    rates: plan.rates.map((rate) => ({ plan: rate, level: null, claims: [] })),
    days: plan.days.map((day) => ({ plan: day, used: 0, late: 0 })),
    atMicroseconds: null,
    inFlight: 0,
  };
}

function amountOf(dimension: string, { inputTokens, outputTokens }: TokenCounts): number {
  if (dimension.startsWith('requests')) return 1;
  if (dimension === 'input_tokens') return inputTokens;
  return dimension === 'output_tokens' ? outputTokens : inputTokens + outputTokens;
}

function perMicrosecond({ plan }: Rate): number {
  return plan.ratePerMs / 1_000;
}

/** What lies below the slots that were granted ahead. */
function debtOf(rate: Rate): number {
  return Math.max(0, -SLOTS_AHEAD_MS * 1_000 * perMicrosecond(rate) - (rate.level ?? 0));
}

function refresh(scope: Scope, now: number): void {
  const elapsed = Math.max(0, now - (scope.atMicroseconds ?? now));
  for (const rate of scope.rates) {
    const { capacity } = rate.plan;
    for (const claim of rate.claims) {
      if (claim.due + CLAIM_GRACE < now) rate.level = (rate.level ?? 0) + claim.filled;
    }
    rate.claims = rate.claims.filter(({ due }) => due + CLAIM_GRACE >= now);
    if (rate.level === null) {
      rate.level = 0;
      continue;
    }
    let gain = perMicrosecond(rate) * elapsed;
    const [claim] = rate.claims;
    if (!claim) {
      rate.level = Math.min(capacity, rate.level + gain);
      continue;
    }
    const debt = debtOf(rate);
    if (debt > 0) {
      const paid = Math.min(gain, debt);
      rate.level += paid;
      gain -= paid;
    }
    // Half of the gain; then all that the level has no room for.
    const before = claim.filled;
    claim.filled = Math.min(claim.need, before + gain / 2);
    let level = rate.level + gain - (claim.filled - before);
    if (claim.need > capacity) {
      const excess = Math.max(0, level - capacity);
      claim.filled = Math.min(claim.need, claim.filled + excess);
      level -= excess;
    } else if (level + claim.filled > capacity) {
      claim.filled = Math.min(claim.need, claim.filled + (level + claim.filled - capacity));
      level = capacity - claim.filled;
    }
    rate.level = Math.min(capacity, level);
  }
  const today = Math.floor(now / DAY);
  if (scope.atMicroseconds !== null && Math.floor(scope.atMicroseconds / DAY) < today) {
    for (const day of scope.days) [day.used, day.late] = [day.late, 0];
  }
  scope.atMicroseconds = Math.max(scope.atMicroseconds ?? now, now);
}

/** Microseconds until the level holds what is needed; while a claim fills, half of the refill is the claim's. */
function shortage(rate: Rate, need: number): number {
  const level = rate.level ?? 0;
  if (level >= need) return 0;
  const [claim] = rate.claims;
  const share = claim && claim.filled < claim.need ? 2 : 1;
  return Math.ceil((need - level) / (perMicrosecond(rate) / share));
}

function claimShortage(rate: Rate, need: number, { claimId, nowMicroseconds }: Asked): number {
  const { capacity } = rate.plan;
  const level = rate.level ?? 0;
  const place = rate.claims.findIndex(({ id }) => id === claimId);
  const own = place < 0 ? null : (rate.claims[place] ?? null);
  const before = rate.claims.slice(0, place < 0 ? undefined : place);
  if (!own && before.length === 0 && level >= need) return 0;
  if (own && before.length === 0) {
    own.need = need;
    if (debtOf(rate) === 0 && own.filled + Math.max(0, level - capacity / 2) >= need) return 0;
    if (need <= capacity && level + own.filled >= capacity - 0.001) return 0;
  }
  let ahead = 0;
  for (const claim of before) ahead = ahead + claim.need - claim.filled;
  const lacking = Math.max(1, ahead + need - (own?.filled ?? 0));
  const waits = Math.ceil((2 * lacking + debtOf(rate)) / perMicrosecond(rate));
  if (own) own.due = nowMicroseconds + waits;
  else rate.claims.push({ id: claimId, need, filled: 0, due: nowMicroseconds + waits });
  return waits;
}

function charge(scope: Scope, { claimId, estimate, nowMicroseconds }: Asked): Charge {
  scope.inFlight += 1;
  const rates = scope.rates.map((rate) => {
    const { capacity, atMost, dimension } = rate.plan;
    const own = rate.claims.find(({ id }) => id === claimId);
    rate.claims = rate.claims.filter((claim) => claim !== own);
    if (own) rate.level = own.need > capacity ? capacity : (rate.level ?? 0) + own.filled;
    const amount = Math.min(amountOf(dimension, estimate), atMost);
    rate.level = (rate.level ?? 0) - amount;
    return { rate, amount };
  });
  const days = scope.days.map((day) => {
    const amount = Math.min(amountOf(day.plan.dimension, estimate), day.plan.limit);
    day.used += amount;
    if (DAY - (nowMicroseconds % DAY) <= day.plan.lateMs * 1_000) day.late += amount;
    return { day, amount };
  });
  return { scope, rates, days };
}
