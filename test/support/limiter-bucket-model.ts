import type { BucketPlan } from '../../packages/limiter/src/bucket-plan.ts';
import type { LimitBook } from '../../packages/limiter/src/limit-book.ts';
import type { Settlement } from '../../packages/limiter/src/permit-scripts.ts';
import type { ScopePlan } from '../../packages/limiter/src/plan-scope.ts';

interface Bucket {
  plan: BucketPlan;
  level: number;
  atMicroseconds: number | null;
}

interface Scope {
  plan: ScopePlan;
  requests: Bucket | null;
  tokens: Bucket | null;
  inFlight: number;
}

interface Charge {
  scope: Scope;
  tokens: number;
}

/** The buckets as they are meant, in plain arithmetic: what the scripts in Redis have to agree with. */
export class BucketModel {
  readonly #provider: Scope | null;
  readonly #models = new Map<string, Scope>();
  readonly #charges = new Map<string, Charge[]>();
  readonly #aheadMicroseconds: number;

  constructor(book: LimitBook, aheadMs: number) {
    this.#provider = book.provider && newScope(book.provider);
    for (const [model, plan] of book.models) this.#models.set(model, newScope(plan));
    this.#aheadMicroseconds = aheadMs * 1_000;
  }

  acquire(asked: { member: string; model: string; tokens: number; nowMicroseconds: number }) {
    const scopes = [this.#provider, this.#models.get(asked.model) ?? null].filter((scope) => scope !== null);
    const waits = scopes.flatMap(({ requests, tokens }) => [
      requests ? waitFor(requests, 1, asked.nowMicroseconds) : 0,
      tokens ? waitFor(tokens, Math.min(asked.tokens, tokens.plan.capacity), asked.nowMicroseconds) : 0,
    ]);
    const wait = Math.max(0, ...waits);
    const retry = Math.ceil(Math.max(0, wait - this.#aheadMicroseconds) / 1_000);
    if (scopes.some(({ plan, inFlight }) => plan.concurrency !== null && inFlight >= plan.concurrency)) {
      return { status: 'concurrency', milliseconds: retry };
    }
    if (wait > this.#aheadMicroseconds) return { status: 'rate', milliseconds: retry };
    const charges = scopes.map((scope) => ({
      scope,
      tokens: Math.min(asked.tokens, scope.plan.tokensAtMost),
    }));
    for (const { scope, tokens } of charges) {
      if (scope.requests) scope.requests.level -= 1;
      if (scope.tokens) scope.tokens.level -= tokens;
      scope.inFlight += 1;
    }
    this.#charges.set(asked.member, charges);
    return { status: 'granted', milliseconds: Math.ceil(wait / 1_000) };
  }

  release(member: string, settlement: Settlement): void {
    for (const { scope, tokens } of this.#charges.get(member) ?? []) {
      scope.inFlight -= 1;
      if (settlement.kind === 'return') {
        if (scope.requests) scope.requests.level += 1;
        if (scope.tokens) scope.tokens.level += tokens;
      }
      if (settlement.kind === 'settle' && scope.tokens) {
        scope.tokens.level = scope.tokens.level + tokens - settlement.actualTokens;
      }
    }
    this.#charges.delete(member);
  }
}

function newScope(plan: ScopePlan): Scope {
  const bucket = (of: BucketPlan | null) => of && { plan: of, level: 0, atMicroseconds: null };
  return { plan, requests: bucket(plan.requests), tokens: bucket(plan.tokens), inFlight: 0 };
}

/** Refills the bucket to now; microseconds until it holds what is needed. */
function waitFor(bucket: Bucket, need: number, nowMicroseconds: number): number {
  const { capacity, ratePerMs } = bucket.plan;
  const rate = ratePerMs / 1_000;
  if (bucket.atMicroseconds !== null) {
    const elapsed = Math.max(0, nowMicroseconds - bucket.atMicroseconds);
    bucket.level = Math.min(capacity, bucket.level + rate * elapsed);
  }
  bucket.atMicroseconds = nowMicroseconds;
  return bucket.level >= need ? 0 : Math.ceil((need - bucket.level) / rate);
}
