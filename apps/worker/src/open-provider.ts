import { egressPolicy } from '@sluice/runtime';
import { parseTarget, type Config, type ProviderConfig } from '@sluice/contracts';
import { configuredKeys, type Operations, type RetiredKeys, type WorkerState } from '@sluice/broker';
import { createProviderLimiter, type LimiterChanges, type ProviderLimits } from '@sluice/limiter';
import { createProviderAdapter } from '@sluice/providers';
import type { Redis } from 'ioredis';
import { createKeyPool, type KeyPoolOptions } from './key-pool.ts';
import { paceOfProvider } from './pace-of-provider.ts';
import type { ProviderRuntime } from './provider-runtime.ts';
import { startsInMs } from './starts-in-ms.ts';

export interface OpenedProvider {
  runtime: ProviderRuntime;
  /** What the release stage may assume: starts and tokens a second, calls at once; 0 for no limit. */
  pace: () => WorkerState['pace'];
  /** When a light call of a model could start; null when Redis does not say. */
  startsInMs: (model: string) => Promise<number | null>;
  /** Takes over which keys are out of use. */
  adoptKeys(retired: RetiredKeys): void;
  reconfigure(config: Config): void;
  close(): Promise<void>;
}

const DEFAULT_KEY_PAUSE_MS = 5 * 60_000;

/** Opens a configured provider's adapter and limiter. Borrows the limiter's connection. */
export function openProvider(
  name: string,
  {
    config,
    redis,
    changes,
    worker,
    prefix,
    operations,
    nowMs,
    onRetired,
    onUsable,
    onError,
  }: {
    config: Config;
    redis: Redis;
    changes: LimiterChanges;
    /** Shown as the holder of permits. */
    worker: string;
    prefix: string;
    operations: Pick<Operations, 'retireKey' | 'activateKey'>;
    /** Milliseconds of Redis' clock. */
    nowMs: () => number;
    onRetired: KeyPoolOptions['onRetired'];
    onUsable: KeyPoolOptions['onUsable'];
    onError: (error: unknown) => void;
  },
): OpenedProvider {
  const provider = config.providers[name];
  if (!provider) {
    throw new Error(
      `There is no provider "${name}" in the configuration; known: ${Object.keys(config.providers).join(', ')}.`,
    );
  }
  let inForce = config;
  let limits = limitsOf(name, config);
  const limiter = createProviderLimiter({ redis, prefix, provider: name, limits, changes, worker, onError });
  const keys = createKeyPool({
    provider: name,
    keys: configuredKeys(name, provider),
    ...poolRules(provider),
    openAdapter: ({ value }) =>
      createProviderAdapter({
        kind: provider.kind,
        apiKey: value,
        ...(provider.base_url ? { baseUrl: provider.base_url } : {}),
        // Media that callers name are fetched under the same rule as their webhooks.
        fetchPolicy: () => egressPolicy(inForce),
      }),
    retire: operations.retireKey,
    activate: operations.activateKey,
    nowMs,
    onRetired,
    onUsable,
    onError,
  });
  const usableNames = (): string[] => keys.usable().map((key) => key.name);
  return {
    runtime: {
      name,
      kind: provider.kind,
      keys,
      limiter,
      timeouts: provider.timeouts,
    },
    pace: () => paceOfProvider(limits, usableNames()),
    startsInMs: (model) => startsInMs(limiter, { model, keys: usableNames() }),
    adoptKeys: keys.adopt,
    reconfigure(next) {
      inForce = next;
      limits = limitsOf(name, next);
      limiter.setLimits(limits);
      const changed = next.providers[name];
      if (changed) keys.replace(configuredKeys(name, changed), poolRules(changed));
    },
    async close() {
      await limiter.close();
      await keys.close();
    },
  };
}

function poolRules(provider: ProviderConfig): Pick<KeyPoolOptions, 'pauseMs' | 'isSole'> {
  return {
    pauseMs: provider.retired_key_pause ?? DEFAULT_KEY_PAUSE_MS,
    isSole: provider.api_keys === undefined,
  };
}

function limitsOf(name: string, { providers, models }: Config): ProviderLimits {
  const provider = providers[name];
  const byModel = Object.entries(models).flatMap(([target, { limits }]) => {
    const parts = parseTarget(target);
    return limits && parts?.provider === name ? [[parts.model, limits] as const] : [];
  });
  const keys = provider ? configuredKeys(name, provider) : [];
  const byKey = keys.flatMap((key) => (key.limits ? [[key.name, key.limits] as const] : []));
  return {
    provider: provider?.limits ?? null,
    models: Object.fromEntries(byModel),
    keys: Object.fromEntries(byKey),
    // The refusal of an only key is the provider's.
    ...(keys.length > 1 ? { pool: keys.map((key) => key.name) } : {}),
  };
}
