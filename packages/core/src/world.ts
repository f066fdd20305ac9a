import type { Lane, Target, Tier } from '@sluice/contracts';

/**
 * What is known about providers at one moment, as the router sees it: read from Redis by each process a few times a
 * second, never by a single submit. Whatever is absent is unknown, and unknown means healthy and free, except for
 * residency, which is configuration and not here.
 */
export interface World {
  /** Milliseconds since the epoch, of Redis' clock. */
  nowMs: number;
  /**
   * When its reading began, in milliseconds of this process' `performance.now()`: what was queued later is not in it.
   * Absent: nothing was read yet.
   */
  readFromMs?: number;
  targets: Readonly<Partial<Record<Target, TargetState>>>;
}

export interface TargetState {
  /** Absent: closed. */
  breakers?: Readonly<Partial<Record<Lane, BreakerState>>>;
  /** Of the calls of the last minute that count (see `countsAgainstHealth`); absent: too few to say. */
  errorRate?: number;
  /** First token or tokens per second are far from the model's own baseline: goes behind others, is never left out. */
  isSlow?: boolean;
  /** The vendor's status page reports trouble: lowers priority only. */
  hasReportedTrouble?: boolean;
  /** Recent latencies by tier, in milliseconds. */
  latency?: Readonly<Partial<Record<Tier, TargetLatency>>>;
  /** The most used of the limits that apply to it: 0 (free) to 1 (used up). */
  limitsUsed?: number;
  /** How long a new job of the tier would wait for its start, in milliseconds. */
  waitMs?: Readonly<Partial<Record<Tier, number>>>;
  /** How long one job takes this target's turn: the mean time between two starts of the tier, in milliseconds. */
  paceMs?: Readonly<Partial<Record<Tier, number>>>;
  /** Budgets of the provider or model: `soft` turns to cheaper targets, `hard` leaves it out. */
  budget?: 'soft' | 'hard';
}

/** Nothing is known: every target is healthy and free. */
export const EMPTY_WORLD: World = Object.freeze({ nowMs: 0, targets: {} });

export interface TargetLatency {
  firstTokenP50Ms: number | null;
  totalP50Ms: number | null;
  totalP95Ms: number | null;
}

/**
 * `open` until `untilMs`: nothing is called. `half_open`: one probe at a time. `ramping`: `share` of the traffic.
 * `forced`: set by an administrator, and stays until it is set to `auto`.
 */
export type BreakerState =
  | { state: 'closed'; forced?: true }
  | { state: 'open'; untilMs: number; forced?: true }
  | { state: 'half_open' }
  | { state: 'ramping'; share: number };
