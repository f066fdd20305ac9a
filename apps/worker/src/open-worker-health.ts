import type { BreakerConfig, Config } from '@sluice/contracts';
import { breakerPolicy } from '@sluice/core';
import { openHealthBoard, type HealthBoard, type HealthStore } from '@sluice/broker';
import type { Logger, Metrics } from '@sluice/runtime';
import type { Redis } from 'ioredis';
import { createTargetHealth, type TargetHealth } from './target-health.ts';

export interface WorkerHealth {
  targets: TargetHealth;
  board: HealthBoard;
  /** In force. */
  settings: () => BreakerConfig;
  /** Hears of changes from now on; the subscriber must be subscribed to the control channel. Borrowed. */
  follow(subscriber: Redis): void;
  reconfigure(config: Config): void;
  close(): void;
}

/** The breakers of all providers of the configuration, as one worker process knows them. */
export async function openWorkerHealth({
  store,
  config,
  nowMs,
  metrics,
  logger,
  onError,
}: {
  store: HealthStore;
  config: Config;
  nowMs: () => number;
  metrics: Metrics;
  logger: Logger;
  onError: (error: unknown) => void;
}): Promise<WorkerHealth> {
  let current = config;
  let policyInForce = breakerPolicy(config.breaker);
  const policy = () => policyInForce;
  const board = await openHealthBoard({
    store,
    providers: () => Object.keys(current.providers),
    policy,
    nowMs,
    onChange({ subject, from, to }) {
      metrics.breakerChanged({ ...subject, from, to });
      logger.info({ ...subject, from, to }, 'breaker changed');
    },
    onError,
  });
  const targets = createTargetHealth({ store, board, policy, nowMs, onError });
  return {
    targets,
    board,
    settings: () => current.breaker,
    reconfigure(next) {
      current = next;
      policyInForce = breakerPolicy(next.breaker);
    },
    follow: board.follow,
    close: board.close,
  };
}
