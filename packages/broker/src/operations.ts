import { TIERS, type LimiterStatus, type LimitOverride, type LimitPatch, type Tier } from '@sluice/contracts';
import type { BacklogDepth } from './backlog-depth.ts';
import type { Backlog } from './backlog.ts';
import type { LaneOverview, LaneRuns } from './batch-lane/lane-runs.ts';
import type { FairnessPolicy } from './fairness-policy.ts';
import { createHealthStore, type HealthSubject } from './health-store.ts';
import type { Keys } from './keys.ts';
import { createLimitOverrides, type LimitOverrides } from './limit-overrides.ts';
import { createProviderKeys } from './provider-keys.ts';
import { readHealth, readLatencies, type LatencySample, type ProviderHealth } from './read-health.ts';
import { limiterStatusKey, readLimiterStatus } from './read-limiter-status.ts';
import type { RedisClient } from './script.ts';

/** A worker process that lives. */
export interface LiveWorker {
  worker: string;
  capacity: number;
  inflight: number;
  tiers: readonly Tier[];
}

export interface ProviderState {
  depth: BacklogDepth;
  workers: readonly LiveWorker[];
  /** What a worker told last, at most some seconds ago; null when none lives. */
  limiter: { atMs: number; status: LimiterStatus } | null;
  /** When that was, by Redis' clock. */
  nowMs: number;
  /** Its batch lane. */
  batch: LaneOverview;
}

export interface ProviderHealthState {
  /** Of Redis' clock. */
  nowMs: number;
  health: ProviderHealth;
  latencies: readonly LatencySample[];
}

/** A report that is not renewed for so long is of nobody. */
const REPORT_TTL_MS = 5_000;

/** What is there to see and to set of the providers while the broker runs. */
export function createOperations({
  redis,
  keys,
  backlog,
  laneRuns,
}: {
  redis: RedisClient;
  keys: Keys;
  backlog: Backlog;
  laneRuns: LaneRuns;
}) {
  const overrides = createLimitOverrides({ redis, keys });
  const providerKeys = createProviderKeys({ redis, keys });
  const health = createHealthStore({ redis, keys });
  const reportKey = (provider: string): string => limiterStatusKey(keys, provider);

  return {
    /** A worker tells how the provider's limits stand. */
    async publishLimiter(provider: string, status: LimiterStatus): Promise<void> {
      await redis.set(reportKey(provider), JSON.stringify(status), 'PX', REPORT_TTL_MS);
    },

    async providerState(provider: string): Promise<ProviderState> {
      const [depth, batch, rows, status, leftMs, [seconds, micros]] = await Promise.all([
        backlog.depth(provider),
        laneRuns.overview(provider),
        redis.hgetall(`${keys.backlog(provider)}:workers`),
        readLimiterStatus(redis, { keys, provider }),
        redis.pttl(reportKey(provider)),
        redis.time(),
      ]);
      const nowMs = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
      return {
        nowMs,
        depth,
        batch,
        workers: liveWorkers(rows, nowMs),
        limiter: status && { atMs: nowMs - (REPORT_TTL_MS - Math.max(0, leftMs)), status },
      };
    },

    /** How the provider's models do. */
    async providerHealth(provider: string, { windowMs }: { windowMs: number }): Promise<ProviderHealthState> {
      const [seconds, micros] = await redis.time();
      const nowMs = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
      const [health, latencies] = await Promise.all([
        readHealth(redis, { keys, provider, nowMs, windowMs }),
        readLatencies(redis, { keys, provider, nowMs }),
      ]);
      return { nowMs, health, latencies };
    },

    /** In force at every process as soon as it hears of it. */
    async setBreakers(
      provider: string,
      subjects: readonly Pick<HealthSubject, 'model' | 'lane'>[],
      to: 'open' | 'closed' | 'auto',
    ): Promise<void> {
      if (subjects.length === 0) return;
      await health.force(provider, subjects, to);
      // Jobs that waited for it look at once.
      if (to !== 'open') await backlog.wake(provider, [...new Set(subjects.map(({ model }) => model))]);
    },

    /** Limits that are set over the configuration, by provider. */
    limitOverrides: (): Promise<LimitOverrides> => overrides.read(),

    /** In force at every worker as soon as it hears of it. Answers all that is now set for the provider. */
    patchLimits: (provider: string, limits: LimitPatch): Promise<LimitOverride> =>
      overrides.patch(provider, limits),

    /** Keys of a provider that are out of use, or were. */
    retiredKeys: providerKeys.read,
    /** Takes a key out of use for all processes; true when it was in use until now. */
    retireKey: providerKeys.retire,
    activateKey: providerKeys.activate,

    /** Puts a changed policy in force at these providers, for all processes. */
    async setPolicy(policy: FairnessPolicy, providers: readonly string[]): Promise<void> {
      backlog.setPolicy(policy);
      await Promise.all(providers.map((provider) => backlog.publishPolicy(provider)));
    },
  };
}

export type Operations = ReturnType<typeof createOperations>;

/** Rows as `tick.lua` writes them: capacity|inflight|expires|tiers. */
function liveWorkers(rows: Readonly<Record<string, string>>, nowMs: number): LiveWorker[] {
  return Object.entries(rows).flatMap(([worker, row]) => {
    const [capacity, inflight, expires, tiers = ''] = row.split('|');
    if (Number(expires) <= nowMs) return [];
    const served = TIERS.filter((tier) => tiers.split(',').includes(tier));
    return [{ worker, capacity: Number(capacity), inflight: Number(inflight), tiers: served }];
  });
}
