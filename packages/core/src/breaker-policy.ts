import type { BreakerConfig } from '@sluice/contracts';

/** When a breaker opens and how it closes again. Times in whole milliseconds. */
export interface BreakerPolicy {
  enabled: boolean;
  windowMs: number;
  minCalls: number;
  errorRate: number;
  failuresInARow: number;
  cooldownMs: number;
  cooldownFactor: number;
  maxCooldownMs: number;
  probeTimeoutMs: number;
  /** Thousandths of the traffic, rising; empty: closed after one probe. */
  ramp: readonly number[];
  rampStepMs: number;
}

/** The part of the configuration that breakers go by. */
export function breakerPolicy(config: BreakerConfig): BreakerPolicy {
  return {
    enabled: config.enabled,
    windowMs: Math.max(WINDOW_BUCKETS, config.window),
    minCalls: config.min_calls,
    errorRate: config.error_rate,
    failuresInARow: config.failures_in_a_row,
    cooldownMs: config.cooldown,
    cooldownFactor: config.cooldown_factor,
    maxCooldownMs: config.max_cooldown,
    probeTimeoutMs: config.probe_timeout,
    ramp: config.ramp.map((share) => Math.max(1, Math.round(share * 1_000))),
    rampStepMs: Math.max(1, config.ramp_step),
  };
}

/** The sliding window moves by a twelfth of itself. */
export const WINDOW_BUCKETS = 12;
