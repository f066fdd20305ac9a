import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import { parseTarget, TIERS, type Config, type Target, type Tier } from '@sluice/contracts';
import { createTokenLearner, listTargets } from '@sluice/core';
import { createLimiterChanges, shareTokenRatios } from '@sluice/limiter';
import {
  fairnessPolicy,
  followProviderKeys,
  listenForCancels,
  startServerClock,
  type JobRecord,
} from '@sluice/broker';
import {
  connectRedis,
  createErrorLog,
  type Environment,
  type Logger,
  type Metrics,
  type OpenBroker,
} from '@sluice/runtime';
import { boundModelLabels } from './bound-model-labels.ts';
import { openBatchLanes } from './batch-lane/open-batch-lanes.ts';
import { allowedKeys } from './allowed-keys.ts';
import { drainProvider, type ProviderDrain } from './drain-provider.ts';
import { laneAfterFlex } from './flex-call.ts';
import { holdModel } from './hold-model.ts';
import { createLiveCatalogue } from './live-catalogue.ts';
import { openLiveConfig } from './live-config.ts';
import { observeJobs } from './observe-jobs.ts';
import { openWorkerHealth } from './open-worker-health.ts';
import { observeKeys } from './observe-keys.ts';
import { openProvider } from './open-provider.ts';
import { createJobLoader } from './load-job.ts';
import { probeTargets } from './probe-targets.ts';
import { publishLimiter } from './publish-limiter.ts';
import { runJob } from './run-job.ts';
import { watchRunningJobs } from './watch-running-jobs.ts';

export interface WorkerOptions {
  config: Config;
  environment: Environment;
  logger: Logger;
  metrics: Metrics;
  open: OpenBroker;
  /** Default: all of the configuration. */
  providers?: readonly string[];
  /** Default: all. */
  tiers?: readonly Tier[];
  /** Calls at once for each provider. @defaultValue 100 */
  capacity?: number;
  /** How long running calls may go on when the worker stops. @defaultValue 10,000 */
  graceMs?: number;
  /** How long a ticket stays this process's without renewal. @defaultValue 10,000 */
  lockMs?: number;
  /** How often tickets of lost processes are looked for; the same in every process. @defaultValue 5,000 */
  stalledCheckMs?: number;
}

export interface RunningWorker {
  drains: ReadonlyMap<string, ProviderDrain>;
  /** Limits and health rules that apply from now on. */
  reconfigure(config: Config): void;
  /** Finishes what runs within the grace time, hands back the rest. Idempotent. */
  close(): Promise<void>;
}

const GRACE_MS = 10_000;
const DEFAULT_CAPACITY = 100;
const MAX_ATTEMPTS_OF_A_JOB = 200;

/** Wires one worker process: for each provider its adapter, its limiter, and the queues that it drains. */
export async function buildWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { config, environment, logger, open } = options;
  const { broker, redis } = open;
  const worker = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const onError = createErrorLog({ logger, message: 'worker error' });
  const connect = (role: 'worker' | 'limiter' | 'subscriber') =>
    connectRedis({ environment, role, onError: () => options.metrics.redisError({ role }) });
  const connections = {
    worker: connect('worker'),
    limiter: connect('limiter'),
    subscriber: connect('subscriber'),
    limiterChanges: connect('subscriber'),
  };

  const { catalogue, reload: reloadCatalogue } = createLiveCatalogue(config);
  let known = new Set(listTargets({ config, targetsOfModel: catalogue.targetsOfModel }));
  const metrics = boundModelLabels(options.metrics, (target) => known.has(target));
  const learner = createTokenLearner();
  const changes = createLimiterChanges(connections.limiterChanges, { onError });
  const ratios = shareTokenRatios({
    redis: connections.limiter,
    prefix: environment.redisPrefix,
    learner,
    onError,
  });
  const clock = await startServerClock(redis);
  const load = createJobLoader({ redis, keys: broker.keys, codec: broker.codec });
  const {
    attempts_per_target: attemptsPerTarget,
    base_delay: baseDelayMs,
    max_delay: maxDelayMs,
  } = config.retries;
  const retryPolicy = { attemptsPerTarget, baseDelayMs, maxDelayMs, maxAttempts: MAX_ATTEMPTS_OF_A_JOB };

  const live = await openLiveConfig({
    config,
    operations: broker.operations,
    onChange: (next) => {
      reloadCatalogue(next);
      known = new Set(listTargets({ config: next, targetsOfModel: catalogue.targetsOfModel }));
      broker.backlog.setPolicy(fairnessPolicy(next));
      health.reconfigure(next);
      broker.budgets.configure(next.budgets);
      providers.forEach((provider) => provider.reconfigure(next));
    },
    onError,
  });
  const health = await openWorkerHealth({
    store: broker.health,
    config,
    nowMs: clock.nowMs,
    metrics,
    logger,
    onError,
  });
  const names = options.providers ?? Object.keys(config.providers);
  const providers = names.map((name) =>
    openProvider(name, {
      config: live.current(),
      redis: connections.limiter,
      changes,
      worker,
      prefix: environment.redisPrefix,
      operations: broker.operations,
      nowMs: clock.nowMs,
      ...observeKeys({ metrics, logger, provider: name }),
      onError,
    }),
  );
  const byName = new Map(providers.map((provider) => [provider.runtime.name, provider]));
  const readKeys = broker.operations.retiredKeys;
  // Before anything is called, so that no job finds out anew what is known.
  await Promise.all(
    providers.map(async (each) => each.adoptKeys(await readKeys(each.runtime.name).catch(() => ({})))),
  );
  const keysOf = (job: JobRecord, target: Target): readonly string[] => {
    const keys = byName.get(parseTarget(target)?.provider ?? '')?.runtime.keys.usable() ?? [];
    const allowed = allowedKeys(job, target, { keys, config: live.current(), catalogue });
    return allowed.status === 'ok' ? allowed.keys.map(({ name }) => name) : [];
  };
  const maySpill = (job: JobRecord, target: Target): boolean =>
    job.options.spill !== false &&
    live.current().providers[parseTarget(target)?.provider ?? '']?.spill !== false;
  const startsInMs = async (target: Target): Promise<number | null> => {
    const parts = parseTarget(target);
    const provider = byName.get(parts?.provider ?? '');
    if (!parts || !provider) return null;
    const startsMs = await provider.startsInMs(parts.model);
    return startsMs === null ? null : Math.max(startsMs, health.targets.unavailableMs(target, 'live'));
  };
  const drains = new Map(
    providers.map((provider) => [
      provider.runtime.name,
      drainProvider({
        provider: provider.runtime.name,
        tiers: options.tiers ?? TIERS,
        capacity: options.capacity ?? DEFAULT_CAPACITY,
        pace: provider.pace,
        broker,
        connection: connections.worker,
        worker,
        lockMs: options.lockMs,
        stalledCheckMs: options.stalledCheckMs,
        run: (ticket, { known, control, onPermit }) =>
          runJob(ticket, control, {
            broker,
            known,
            load,
            provider: provider.runtime,
            catalogue,
            learner,
            affinity: { warmPrompts: broker.warmPrompts, metrics, onError },
            startsInMs,
            keysOf,
            maySpill,
            retryPolicy,
            health: health.targets,
            config: live.current,
            laneAfter: laneAfterFlex({ config: live.current, catalogue, nowMs: clock.nowMs }),
            nowMs: clock.nowMs,
            onPermit,
            onPostponed: holdModel({ provider: provider.runtime.name, backlog: broker.backlog, onError }),
            observe: observeJobs({ metrics, logger, provider: provider.runtime.name }),
          }),
        onError,
      }),
    ]),
  );
  const abortJob = (jobId: string): void => drains.forEach((drain) => drain.abortJob(jobId, 'moved_on'));
  const stopListening = await listenForCancels(connections.subscriber, {
    keys: broker.keys,
    onCancel: abortJob,
  });
  live.follow(connections.subscriber);
  health.follow(connections.subscriber);
  const stopFollowingKeys = followProviderKeys(connections.subscriber, {
    providers: names,
    read: readKeys,
    onKeys: (name, retired) => byName.get(name)?.adoptKeys(retired),
    onError,
  });
  const stopPublishing = providers.map(({ runtime: { name, limiter } }) =>
    publishLimiter({ provider: name, limiter, operations: broker.operations, onError }),
  );
  const stopProbing = probeTargets({
    providers: providers.map(({ runtime }) => runtime),
    ...health,
    catalogue,
    nowMs: clock.nowMs,
    metrics,
    onError,
  });
  const closeBatchLanes = openBatchLanes(providers, {
    worker,
    open,
    load,
    catalogue,
    retryPolicy,
    keysOf,
    maySpill,
    health: health.targets,
    config: live.current,
    nowMs: clock.nowMs,
    metrics,
    logger,
    onError,
  });
  const stopWatching = watchRunningJobs({ redis, keys: broker.keys, drains, abortJob, onError });

  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await Promise.all([
      closeBatchLanes(),
      ...Array.from(drains.values(), (drain) => drain.close({ graceMs: options.graceMs ?? GRACE_MS })),
    ]);
    stopWatching();
    stopProbing();
    stopPublishing.forEach((stop) => stop());
    live.close();
    health.close();
    stopFollowingKeys();
    stopListening();
    clock.close();
    await Promise.allSettled([...providers.map((provider) => provider.close()), ratios.close()]);
    changes.close();
    Object.values(connections).forEach((connection) => connection.disconnect());
  };
  return {
    drains,
    reconfigure: (next) => live.reload(next),
    close: () => (closing ??= close()),
  };
}
