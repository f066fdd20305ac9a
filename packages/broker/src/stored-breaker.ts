import { NEW_BREAKER, type Breaker, type BreakerPhase } from '@sluice/core';

/** A breaker as `breaker.lua` stores it; one that is absent or of another release is new. */
export function decodeBreaker(text: string | undefined): Breaker {
  const [state = '', epoch, openings, forced, since, until, row, step, credit, ...counts] =
    text?.split('|') ?? [];
  const [admitted, succeeded, calls, failures] = counts;
  const sinceMs = Number(since);
  const phases: Readonly<Record<string, BreakerPhase>> = {
    closed: { state: 'closed', sinceMs, failuresInARow: Number(row) },
    open: { state: 'open', sinceMs, untilMs: Number(until) },
    half_open: { state: 'half_open', sinceMs, probeUntilMs: Number(until) },
    ramping: {
      state: 'ramping',
      sinceMs,
      step: Number(step),
      credit: Number(credit),
      admitted: Number(admitted),
      succeeded: Number(succeeded),
      calls: Number(calls),
      failures: Number(failures),
      failuresInARow: Number(row),
    },
  };
  const phase = Object.hasOwn(phases, state) ? phases[state] : undefined;
  if (!phase || Object.values(phase).some((value) => Number.isNaN(value))) return NEW_BREAKER;
  return {
    phase,
    epoch: Number(epoch),
    openings: Number(openings),
    forced: forced === 'open' || forced === 'closed' ? forced : null,
  };
}
