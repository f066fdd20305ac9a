import type { SimulatedLimits } from '../config/simulated-limits.ts';
import { createDayMeter } from './day-meter.ts';
import { maskKey } from '../server/mask-key.ts';
import { createRateMeter, type Crossing, type RateMeter } from './rate-meter.ts';

export const DIMENSIONS = [
  'requests',
  'tokens',
  'input_tokens',
  'output_tokens',
  'requests_day',
  'tokens_day',
  'concurrency',
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface GateCrossing extends Crossing {
  /** Null: the limit of the whole account. */
  model: string | null;
  /** Masked; only of a limit of one key. */
  key?: string;
  dimension: Dimension;
}

/** How one limit stands. */
export interface GateState {
  model: string | null;
  /** Masked; only of a limit of one key. */
  key?: string;
  dimension: Dimension;
  limit: number;
  remaining: number;
  /** Milliseconds until it is as if unused; 0 for concurrency. */
  reset_ms: number;
  /** Most that any 60 s window held (concurrency: calls at once), refused calls included. */
  peak: number;
}

export interface CallTokens {
  input: number;
  output: number;
}

/** All limits of one scope: an account, one model at it, or one key of it. */
export interface LimitGate {
  arrive(nowMs: number, tokens: CallTokens): GateCrossing[];
  admit(nowMs: number, tokens: CallTokens): void;
  /** An admitted call has ended. */
  release(): void;
  states(nowMs: number): GateState[];
  /** Takes other limits; buckets start full again, calls in flight stay counted. */
  setLimits(limits: SimulatedLimits | null, nowMs: number): void;
}

export function createLimitGate({
  model = null,
  key,
  limits: initial,
  nowMs,
}: {
  model?: string | null;
  /** As it is called with. */
  key?: string;
  limits: SimulatedLimits | null;
  nowMs: number;
}): LimitGate {
  const scope = { model, ...(key === undefined ? {} : { key: maskKey(key) }) };
  let meters: { dimension: Dimension; meter: Pick<RateMeter, 'arrive' | 'admit' | 'state'> }[] = [];
  let concurrency: number | undefined;
  let inFlight = 0;
  let peakInFlight = 0;

  function setLimits(limits: SimulatedLimits | null, atMs: number): void {
    meters = [];
    concurrency = limits?.concurrency;
    if (!limits) return;
    const { burst_requests, burst_tokens, enforcement } = limits;
    const rates = [
      ['requests', limits.requests_per_minute, burst_requests],
      ['tokens', limits.tokens_per_minute, burst_tokens],
      ['input_tokens', limits.input_tokens_per_minute, burst_tokens],
      ['output_tokens', limits.output_tokens_per_minute, burst_tokens],
    ] as const;
    for (const [dimension, perMinute, burst] of rates) {
      if (perMinute === undefined) continue;
      meters.push({ dimension, meter: createRateMeter({ perMinute, burst, enforcement, nowMs: atMs }) });
    }
    const days = [
      ['requests_day', limits.requests_per_day],
      ['tokens_day', limits.tokens_per_day],
    ] as const;
    for (const [dimension, perDay] of days) {
      if (perDay !== undefined) meters.push({ dimension, meter: createDayMeter(perDay) });
    }
  }
  setLimits(initial, nowMs);

  const amountOf = (dimension: Dimension, { input, output }: CallTokens): number => {
    if (dimension === 'input_tokens') return input;
    if (dimension === 'output_tokens') return output;
    return dimension.startsWith('tokens') ? input + output : 1;
  };

  return {
    setLimits,
    arrive(atMs, tokens) {
      const crossings = meters.flatMap(({ dimension, meter }) =>
        meter
          .arrive(atMs, amountOf(dimension, tokens))
          .map((crossing): GateCrossing => ({ ...crossing, ...scope, dimension })),
      );
      peakInFlight = Math.max(peakInFlight, inFlight + 1);
      if (concurrency !== undefined && inFlight + 1 > concurrency) {
        crossings.push({
          ...scope,
          dimension: 'concurrency',
          rule: 'concurrency',
          limit: concurrency,
          observed: inFlight + 1,
          stated: concurrency,
          refuses: true,
          retryAfterMs: 1_000,
        });
      }
      return crossings;
    },
    admit(atMs, tokens) {
      for (const { dimension, meter } of meters) meter.admit(atMs, amountOf(dimension, tokens));
      inFlight += 1;
    },
    release() {
      inFlight -= 1;
    },
    states(atMs) {
      const states = meters.map(({ dimension, meter }): GateState => {
        const { limit, remaining, resetMs, peak60s } = meter.state(atMs);
        return { ...scope, dimension, limit, remaining, reset_ms: resetMs, peak: peak60s };
      });
      if (concurrency !== undefined) {
        const remaining = Math.max(0, concurrency - inFlight);
        states.push({
          ...scope,
          dimension: 'concurrency',
          limit: concurrency,
          remaining,
          reset_ms: 0,
          peak: peakInFlight,
        });
      }
      return states;
    },
  };
}
