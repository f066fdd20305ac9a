import {
  LANES,
  TIERS,
  type BreakerConfig,
  type Lane,
  type LimiterStatus,
  type Tier,
} from '@sluice/contracts';
import {
  advanceBreaker,
  breakerPolicy,
  isSlow,
  latencyQuantile,
  NEW_BREAKER,
  toBreakerState,
  type BreakerState,
  type TargetLatency,
  type TargetState,
} from '@sluice/core';
import type { BacklogDepth } from './backlog-depth.ts';
import { healthField } from './health-store.ts';
import type { LatencySample, ProviderHealth } from './read-health.ts';

/** What is known of one provider at one moment. */
export interface ProviderFacts {
  health: ProviderHealth;
  latencies: readonly LatencySample[];
  depth: BacklogDepth;
  /** Null when no worker has told lately. */
  limiter: LimiterStatus | null;
}

/** Fewer calls within the window say nothing about the error rate. */
const LEAST_CALLS = 10;

/** How a model of a provider looks to the router; whatever is unknown is absent. */
export function describeTarget(
  model: string,
  facts: ProviderFacts,
  { nowMs, config }: { nowMs: number; config: BreakerConfig },
): TargetState {
  const { health, limiter } = facts;
  const live = healthField({ model, lane: 'live' });
  const breakers = describeBreakers(model, health, { nowMs, config });
  const window = health.windows.get(live);
  const pace = health.paces.get(live);
  const { factor, min_calls: minCalls } = config.slow;
  const latency = describeLatencies(model, facts.latencies);
  const limitsUsed = limiter && mostUsed(model, limiter);
  const waitMs = describeWaits(model, facts);
  return {
    ...(Object.keys(breakers).length > 0 ? { breakers } : {}),
    ...(window && window.calls >= LEAST_CALLS ? { errorRate: window.failures / window.calls } : {}),
    ...(pace && isSlow(pace, { nowMs, factor, minCalls }) ? { isSlow: true } : {}),
    ...(health.trouble === null ? {} : { hasReportedTrouble: true }),
    ...(Object.keys(latency).length > 0 ? { latency } : {}),
    ...(limitsUsed === null ? {} : { limitsUsed }),
    ...(Object.keys(waitMs).length > 0 ? { waitMs } : {}),
    ...(facts.depth.startsPerSecond > 0 ? { paceMs: paceOf(facts.depth) } : {}),
  };
}

/** Breakers that are not plainly closed. */
export function describeBreakers(
  model: string,
  { breakers }: Pick<ProviderHealth, 'breakers'>,
  { nowMs, config }: { nowMs: number; config: BreakerConfig },
): Partial<Record<Lane, BreakerState>> {
  const policy = breakerPolicy(config);
  const found = LANES.flatMap((lane) => {
    const stored = breakers.get(healthField({ model, lane })) ?? NEW_BREAKER;
    const state = toBreakerState(advanceBreaker(stored, nowMs, policy), nowMs, policy.ramp);
    const isPlain = state.state === 'closed' && !state.forced;
    return isPlain || (!config.enabled && !stored.forced) ? [] : [[lane, state] as const];
  });
  return Object.fromEntries(found);
}

export function describeLatencies(
  model: string,
  samples: readonly LatencySample[],
): Partial<Record<Tier, TargetLatency>> {
  const own = samples.filter((sample) => sample.model === model && sample.lane === 'live');
  return Object.fromEntries(
    own.map(({ tier, firstToken, total }) => [
      tier,
      {
        firstTokenP50Ms: latencyQuantile(firstToken, 0.5),
        totalP50Ms: latencyQuantile(total, 0.5),
        totalP95Ms: latencyQuantile(total, 0.95),
      },
    ]),
  );
}

/** Of the rates and day limits of provider, model and keys. Calls in flight are none: that all slots are busy is a wait. */
function mostUsed(model: string, { limits }: LimiterStatus): number | null {
  const counted = limits.filter(
    ({ dimension }) => dimension !== 'concurrency' && dimension !== 'queued_batch_tokens',
  );
  const share = ({ used, limit }: { used: number; limit: number }): number =>
    limit > 0 ? Math.min(1, Math.max(0, used / limit)) : 1;
  const shared = counted.filter(
    (limit) => limit.key === null && (limit.model === null || limit.model === model),
  );
  // A call takes the key that has most left.
  const byKey = new Map<string, number>();
  for (const limit of counted) {
    if (limit.key !== null) byKey.set(limit.key, Math.max(byKey.get(limit.key) ?? 0, share(limit)));
  }
  const all = [...shared.map(share), ...(byKey.size > 0 ? [Math.min(...byKey.values())] : [])];
  return all.length > 0 ? Math.max(...all) : null;
}

/** What waits goes first, and nothing goes while the limits have no room. */
function describeWaits(model: string, { depth, limiter }: ProviderFacts): Partial<Record<Tier, number>> {
  const own = limiter?.limits.filter(
    (limit) =>
      limit.dimension !== 'queued_batch_tokens' &&
      limit.key === null &&
      (limit.model === null || limit.model === model),
  );
  const blockedMs = Math.max(limiter?.paused_ms ?? 0, 0, ...(own ?? []).map((limit) => limit.next_free_ms));
  return Object.fromEntries(
    TIERS.flatMap((tier) => {
      const { drainMs } = depth.tiers[tier];
      return drainMs === null ? [] : [[tier, Math.round(Math.max(drainMs, blockedMs))]];
    }),
  );
}

/** Tiers take turns at one provider: each further job makes the next one wait for one start. */
function paceOf({ startsPerSecond }: BacklogDepth): Record<Tier, number> {
  const paceMs = 1_000 / startsPerSecond;
  return Object.fromEntries(TIERS.map((tier) => [tier, paceMs])) as Record<Tier, number>;
}

/** Models of which something is known. */
export function modelsOf({ health, latencies }: Pick<ProviderFacts, 'health' | 'latencies'>): Set<string> {
  const fields = [...health.breakers.keys(), ...health.windows.keys(), ...health.paces.keys()];
  return new Set([
    ...fields.map((field) => field.slice(field.indexOf('|') + 1)),
    ...latencies.map(({ model }) => model),
  ]);
}
