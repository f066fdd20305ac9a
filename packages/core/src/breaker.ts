import type { BreakerState } from './world.ts';

/**
 * The circuit breaker of one model of a provider in one lane. Times are milliseconds of Redis' clock.
 *
 * `closed`: everything goes. `open`: nothing does until `untilMs`. `half_open`: one call at a time tests the target.
 * `ramping`: a share of the traffic goes, step by step.
 */
export type BreakerPhase =
  | { state: 'closed'; sinceMs: number; failuresInARow: number }
  | { state: 'open'; sinceMs: number; untilMs: number }
  | {
      state: 'half_open';
      sinceMs: number;
      /** Until then a probe is under way; 0: none is. */
      probeUntilMs: number;
    }
  | {
      state: 'ramping';
      /** Of the step. */
      sinceMs: number;
      step: number;
      /** Thousandths of a call that may go: each that asks adds the share, each that goes takes 1,000. */
      credit: number;
      /** In this step. */
      admitted: number;
      succeeded: number;
      /** In the whole ramp. */
      calls: number;
      failures: number;
      failuresInARow: number;
    };

export interface Breaker {
  phase: BreakerPhase;
  /** Raised by each opening. What comes of a call that was let through under an earlier one changes nothing. */
  epoch: number;
  /** Openings in a row: how far the cool-down has grown. */
  openings: number;
  /** Set by an administrator: over whatever the phase says. */
  forced: 'open' | 'closed' | null;
}

export const NEW_BREAKER: Breaker = {
  phase: { state: 'closed', sinceMs: 0, failuresInARow: 0 },
  epoch: 0,
  openings: 0,
  forced: null,
};

/** What a call says about its target. `neutral`: nothing (see `countsAgainstHealth`). */
export type CallVerdict = 'ok' | 'failed' | 'neutral';

/** Counted calls of the window that has just passed, the newest included. */
export interface WindowCount {
  calls: number;
  failures: number;
}

/** How a breaker looks to the router. `open` whose time is over looks half-open: the next call tests it. */
export function toBreakerState(
  { phase, forced }: Breaker,
  nowMs: number,
  ramp: readonly number[],
): BreakerState {
  if (forced === 'open') return { state: 'open', untilMs: FOR_EVER_MS, forced: true };
  if (forced === 'closed') return { state: 'closed', forced: true };
  switch (phase.state) {
    case 'closed':
      return { state: 'closed' };
    case 'open':
      return nowMs < phase.untilMs ? { state: 'open', untilMs: phase.untilMs } : { state: 'half_open' };
    case 'half_open':
      return { state: 'half_open' };
    case 'ramping':
      return { state: 'ramping', share: (ramp[phase.step] ?? 1_000) / 1_000 };
  }
}

/** An administrator's word has no end: the last moment that a date can hold. */
const FOR_EVER_MS = 8_640_000_000_000_000;
