import type { BreakerPolicy } from '@sluice/core';

/** A policy as `breaker.lua` takes it. */
export function encodeBreakerPolicy(policy: BreakerPolicy): string {
  return JSON.stringify({
    enabled: policy.enabled,
    calls: policy.minCalls,
    rate: policy.errorRate,
    row: policy.failuresInARow,
    cooldown: policy.cooldownMs,
    factor: policy.cooldownFactor,
    longest: policy.maxCooldownMs,
    probe: policy.probeTimeoutMs,
    ramp: policy.ramp,
    step: policy.rampStepMs,
  });
}
