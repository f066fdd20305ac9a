import type { Limits } from '@sluice/contracts';

export interface PermitRequest {
  /** The vendor's model name; its own limits, when it has some, hold beside the provider's. */
  model: string;
  /** Unique per attempt to start a call; acquiring twice with one id takes from the buckets once. */
  reservationId: string;
  /** Expected input + output tokens. */
  estimatedTokens: number;
  /** Gives up waiting; a running call has to listen to it by itself. */
  signal: AbortSignal;
}

/** Permission for one call, held while `run`'s function runs. */
export interface Permit {
  readonly reservationId: string;
  /** Milliseconds since the permit was granted. One older than {@link MAX_PERMIT_AGE_MS} must be given back. */
  ageMs(): number;
  /** Aborted when the concurrency lease was lost: the call must be aborted. */
  readonly lost: AbortSignal;
  /** Tells the real number of tokens; the difference to the estimate is settled once. Without it the estimate stands. */
  settle(actualTokens: number): void;
  /** Marks the permit as unused: request and tokens go back to the buckets when the function ends. */
  giveBack(): void;
}

export type PermitOutcome<Value> = { status: 'ran'; value: Value } | { status: 'aborted' };

/**
 * How a bucket stands, for `/v1/providers` and the release stage. For requests and tokens `limit` is what the bucket
 * that we spend from holds, which is less than the provider's burst, `used` what it lacks now (more than `limit` in
 * debt) and `remaining` what fits at once; all may be fractions. When a call in flight ends is unknown, so
 * `nextFreeMs` of concurrency is the time after which waiting calls ask again.
 */
export interface LimitState {
  scope: 'provider' | 'model';
  model: string | null;
  dimension: 'requests' | 'tokens' | 'concurrency';
  limit: number;
  used: number;
  remaining: number;
  /** Milliseconds until one more request or token fits; 0 when it fits now. */
  nextFreeMs: number;
}

/**
 * The gate before every provider call: one Bottleneck per target on a Redis datastore shared by all processes.
 * Borrowed: the Redis connection. `close` is idempotent, drops waiting requests as `aborted` and frees what was granted.
 */
export interface ProviderLimiter {
  /** Waits for a permit, then runs `call`. Rejects only with what `call` rejects with. */
  run<Value>(request: PermitRequest, call: (permit: Permit) => Promise<Value>): Promise<PermitOutcome<Value>>;
  /** Takes new limits in this process and for all others that share the buckets. */
  setLimits(limits: ProviderLimits): void;
  /** Empty when nothing is limited. Rejects when Redis does not answer. */
  states(): Promise<LimitState[]>;
  close(): Promise<void>;
}

export interface ProviderLimits {
  provider: Limits | null;
  /** By the vendor's model name. */
  models: Readonly<Record<string, Limits>>;
}

export const MAX_PERMIT_AGE_MS = 500;
