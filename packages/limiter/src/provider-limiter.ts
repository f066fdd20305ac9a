import type { Limits } from '@sluice/contracts';
import type { DayDimension, RateDimension } from './plan-scope.ts';

export interface TokenCounts {
  inputTokens: number;
  outputTokens: number;
}

export interface PermitRequest {
  /** The vendor's model name; its own limits, when it has some, hold beside the provider's. */
  model: string;
  /**
   * Name of the provider key that the call is made with; its own limits hold as well. Of several, the call takes the
   * one that can start first, and among equals the first named.
   * @defaultValue null
   */
  key?: string | readonly string[] | null;
  /** Unique per attempt to start a call; acquiring twice with one id takes from the buckets once. */
  reservationId: string;
  /**
   * What a heavy call's place in the queue goes by: the same over all its tries, also in other processes.
   * @defaultValue the reservation id
   */
  claimId?: string;
  /** What the call is expected to take. */
  estimate: TokenCounts;
  /**
   * After this many milliseconds, or at once when no capacity is to be expected within them or the provider is paused,
   * the call is postponed.
   * @defaultValue waits for as long as it takes
   */
  maxWaitMs?: number;
  /** Gives up waiting; a running call has to listen to it by itself. */
  signal: AbortSignal;
}

/** What a provider's answer says about its limits. */
export interface ProviderHint {
  /** The provider refused the call because a limit is used up. */
  limited: boolean;
  /** How long it asks to wait; null when it does not say: then a default with jitter holds. */
  retryAfterMs: number | null;
  /** What it says is left. */
  remaining: Partial<Record<RateDimension, number>>;
}

/** Permission for one call, held while `run`'s function runs. */
export interface Permit {
  readonly reservationId: string;
  /** Name of the key that the call has to be made with; null when none was named. */
  readonly key: string | null;
  /** Milliseconds since the permit was granted. One older than {@link MAX_PERMIT_AGE_MS} must be given back. */
  ageMs(): number;
  /** Aborted when the concurrency lease was lost: the call must be aborted. */
  readonly lost: AbortSignal;
  /** Tells the real number of tokens; the difference to the estimate is settled once. Without it the estimate stands. */
  settle(actual: TokenCounts): void;
  /** The call took at least this much, as a stream that broke: more than the estimate is charged, less is not refunded. */
  settleAtLeast(actual: TokenCounts): void;
  /** Marks the permit as unused: request and tokens go back to the buckets when the function ends. */
  giveBack(): void;
  /** Lowers the buckets, for all processes, to what the provider says. Sent at once, and never more than it has to be. */
  learn(hint: ProviderHint): void;
}

/** `paused`: the provider has refused calls a moment ago. */
export type PostponeReason = 'rate' | 'claim' | 'concurrency' | 'paused' | 'unavailable';

export type PermitOutcome<Value> =
  | { status: 'ran'; value: Value }
  | { status: 'aborted' }
  /** There is no capacity within the wait; nothing is taken, and a heavy call keeps its place in the queue. */
  | { status: 'postponed'; readyInMs: number; reason: PostponeReason };

/**
 * How a bucket stands, for `/v1/providers` and the release stage. For rates `limit` is what the bucket that we spend
 * from holds, which is less than the provider's burst, `used` what it lacks now (more than `limit` in debt) and
 * `remaining` what fits at once; all may be fractions. When a call in flight ends is unknown, so `nextFreeMs` of
 * concurrency is the time after which waiting calls ask again.
 */
export interface LimitState {
  scope: 'provider' | 'model' | 'key';
  /** Of scope `model`. */
  model: string | null;
  /** Of scope `key`. */
  key: string | null;
  dimension: RateDimension | DayDimension | 'concurrency' | 'queued_batch_tokens';
  limit: number;
  used: number;
  remaining: number;
  /** Milliseconds until one more request or token fits; 0 when it fits now. */
  nextFreeMs: number;
}

/** How a provider stands as a whole. */
export interface LimiterReport {
  states: LimitState[];
  /** Who holds permits, and how many. */
  holders: { worker: string; calls: number }[];
  /** How long the provider, with all its keys, is still paused after a refusal; 0 when it is not. */
  pausedMs: number;
  /** The part of its rates that is used after a refusal; 1 is all. */
  rateShare: number;
  /** How long each key of a pool is still paused, by name. */
  keysPausedMs: Readonly<Record<string, number>>;
}

/**
 * The gate before every provider call: one Bottleneck per target on a Redis datastore shared by all processes.
 * Borrowed: the Redis connections. `close` is idempotent, drops waiting requests as `aborted` and frees what was granted.
 */
export interface ProviderLimiter {
  /** Waits for a permit, then runs `call`. Rejects only with what `call` rejects with. */
  run<Value>(request: PermitRequest, call: (permit: Permit) => Promise<Value>): Promise<PermitOutcome<Value>>;
  /** Takes new limits in this process and for all others that share the buckets. */
  setLimits(limits: ProviderLimits): void;
  /** Empty when nothing is limited. Rejects when Redis does not answer. */
  states(): Promise<LimitState[]>;
  /** Rejects when Redis does not answer. */
  report(): Promise<LimiterReport>;
  /**
   * Takes room in the provider's own batch queue, held by `id` until it is released; taking twice takes once.
   * Rejects when Redis does not answer.
   */
  takeQueuedTokens(request: { id: string; model: string; tokens: number }): Promise<QueuedTokensOutcome>;
  /** Releasing what is not held changes nothing. Rejects when Redis does not answer. */
  releaseQueuedTokens(id: string): Promise<void>;
  close(): Promise<void>;
}

/** `remaining`: null when the queue is not limited. */
export type QueuedTokensOutcome =
  | { status: 'taken'; remaining: number | null }
  | { status: 'refused'; remaining: number };

export interface ProviderLimits {
  provider: Limits | null;
  /** By the vendor's model name. */
  models: Readonly<Record<string, Limits>>;
  /** By the name of the provider key. */
  keys?: Readonly<Record<string, Limits>>;
  /** Names of keys that are accounts of their own also without limits: a refusal of one does not stop the others. */
  pool?: readonly string[];
}

export const MAX_PERMIT_AGE_MS = 500;
