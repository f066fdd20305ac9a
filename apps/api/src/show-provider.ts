import type { LaneOverview, ProviderState } from '@sluice/broker';
import type { KeyStatus, LimitOverride, ProviderConfig, ProviderStatus, Target } from '@sluice/contracts';

/** A provider as operators see it: names of keys, never their values. */
export function showProvider(
  name: string,
  {
    provider,
    state,
    health,
    override,
    targets,
    keyStates,
  }: {
    /** With overrides. */
    provider: ProviderConfig;
    state: ProviderState;
    health: Pick<ProviderStatus, 'health' | 'reported_trouble'>;
    override: LimitOverride;
    targets: readonly Target[];
    keyStates: KeyStatus[];
  },
): ProviderStatus {
  const { batch, depth, workers, limiter } = state;
  const { priority, standard, flex } = depth.waiting;
  return {
    object: 'provider',
    name,
    kind: provider.kind,
    region: provider.region ?? null,
    keys: provider.api_keys?.map((key) => key.name) ?? (provider.api_key ? ['default'] : []),
    key_states: keyStates,
    targets: [...targets],
    configured_limits: { ...provider.limits },
    overrides: { ...override },
    limits: limiter?.status.limits ?? [],
    limits_at: limiter ? new Date(limiter.atMs).toISOString() : null,
    leases: limiter?.status.holders ?? [],
    paused_ms: limiter?.status.paused_ms ?? 0,
    rate_share: limiter?.status.rate_share ?? 1,
    ...health,
    workers: workers.map(({ tiers, ...worker }) => ({ ...worker, tiers: [...tiers] })),
    batch: showBatch(batch),
    depth: {
      waiting: priority + standard + flex,
      delayed: depth.delayed,
      ready: depth.ready,
      inflight: depth.inflight,
    },
  };
}

function showBatch({ waiting, runs, nowMs }: LaneOverview): ProviderStatus['batch'] {
  return {
    waiting,
    runs: runs.map(({ run, model, state, batch, lines, done, createdAtMs, deadlineMs, isCancelled }) => ({
      id: run,
      model,
      state,
      batch_id: batch,
      lines,
      done,
      age_ms: Math.max(0, nowMs - createdAtMs),
      deadline: deadlineMs === 0 ? null : new Date(deadlineMs).toISOString(),
      cancelled: isCancelled,
    })),
  };
}
