import { egressPolicy } from '@sluice/runtime';
import type { Config, ProviderConfig } from '@sluice/contracts';
import { configuredKeys, publishCancel } from '@sluice/broker';
import { spareRate, type ModelCatalogue, type RetryPolicy } from '@sluice/core';
import { createProviderBatchAdapter } from '@sluice/providers';
import type { Logger, Metrics, OpenBroker } from '@sluice/runtime';
import type { createJobLoader } from '../load-job.ts';
import { observeJobs } from '../observe-jobs.ts';
import type { OpenedProvider } from '../open-provider.ts';
import { createSettler, type SettleDeps } from '../settle-attempt.ts';
import type { TargetHealth } from '../target-health.ts';
import { createLaneBreaker } from './lane-breaker.ts';
import type { LaneObserver } from './lane-deps.ts';
import { startBatchLane } from './start-batch-lane.ts';

/**
 * Starts the batch lane of every provider whose kind has a Batch API and whose configuration does not switch it off.
 * Batches that were sent before it was switched off are still followed. The returned function ends all of them.
 */
export function openBatchLanes(
  providers: readonly OpenedProvider[],
  deps: {
    worker: string;
    open: OpenBroker;
    load: ReturnType<typeof createJobLoader>;
    catalogue: ModelCatalogue;
    retryPolicy: RetryPolicy;
    keysOf: SettleDeps['keysOf'];
    maySpill: SettleDeps['maySpill'];
    health: TargetHealth;
    config: () => Config;
    nowMs: () => number;
    metrics: Metrics;
    logger: Logger;
    onError: (error: unknown) => void;
  },
): () => Promise<void> {
  const { broker, redis } = deps.open;
  const lanes = providers.flatMap((provider) => {
    const { name, kind, limiter } = provider.runtime;
    const configured = deps.config().providers[name] as ProviderConfig;
    // Batches belong to the account of one key: the first.
    const [key] = configuredKeys(name, configured);
    const adapter = createProviderBatchAdapter({
      kind,
      apiKey: key?.value ?? '',
      ...(configured.base_url ? { baseUrl: configured.base_url } : {}),
      fetchPolicy: () => egressPolicy(deps.config()),
    });
    if (!adapter) return [];
    const lane = startBatchLane({
      ...deps,
      holder: deps.worker,
      provider: name,
      keyName: key?.name ?? 'default',
      region: key?.region ?? null,
      adapter,
      broker,
      limiter,
      settler: createSettler({
        ...deps,
        broker,
        laneAfter: (job) => ({ lane: job.options.lane === 'batch' ? 'batch' : 'live' }),
        observe: observeJobs({ metrics: deps.metrics, logger: deps.logger, provider: name }),
      }),
      cancelLive: (jobId) => publishCancel(redis, broker.keys, jobId),
      spareRate: async (tokensPerLine) =>
        spareRate(await paceBeside(name, { provider, tokensPerLine, ...deps })),
      breaker: createLaneBreaker(deps),
      observe: observeLane(name, deps.metrics),
    });
    return [{ lane, adapter }];
  });
  return async () => {
    await Promise.all(lanes.map(({ lane }) => lane.close()));
    await Promise.allSettled(lanes.map(({ adapter }) => adapter.close()));
  };
}

/** What is left for lines of batches while other tiers have jobs waiting at the provider. */
async function paceBeside(
  name: string,
  {
    provider,
    tokensPerLine,
    config,
    open,
  }: { provider: OpenedProvider; tokensPerLine: number; config: () => Config; open: OpenBroker },
): Promise<Parameters<typeof spareRate>[0]> {
  const { requests, tokens } = provider.pace();
  const { tiers, lanes } = config();
  const { waiting } = await open.broker.backlog.depth(name);
  const beside =
    (waiting.priority > 0 ? tiers.priority.share : 0) + (waiting.standard > 0 ? tiers.standard.share : 0);
  return {
    requestsPerSecond: requests,
    tokensPerSecond: tokens,
    tokensPerLine,
    share: tiers.flex.share / (tiers.flex.share + beside),
    defaultPerSecond: lanes.hedge.lines_per_minute / 60,
  };
}

function observeLane(provider: string, metrics: Metrics): LaneObserver {
  return {
    runEnded: (fact) => metrics.batchEnded({ provider, ...fact }),
    lineEnded: (fact) => metrics.batchLine({ provider, ...fact }),
    paidTwice: (fact) => metrics.batchPaidTwice({ provider, ...fact }),
    batchDoubled: (fact) => metrics.batchDoubled({ provider, ...fact }),
  };
}
