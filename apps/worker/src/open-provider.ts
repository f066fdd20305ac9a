import { parseTarget, type Config, type ProviderConfig } from '@sluice/contracts';
import type { Pace, WorkerState } from '@sluice/broker';
import { createProviderLimiter, type LimiterChanges, type ProviderLimits } from '@sluice/limiter';
import { createProviderAdapter } from '@sluice/providers';
import type { Redis } from 'ioredis';
import { paceOf } from './pace-of.ts';
import type { ProviderRuntime } from './provider-runtime.ts';
import { startsInMs } from './starts-in-ms.ts';

export interface OpenedProvider {
  runtime: ProviderRuntime;
  /** What the release stage may assume: starts and tokens a second, calls at once; 0 for no limit. */
  pace: () => WorkerState['pace'];
  /** When a light call of a model could start; null when Redis does not say. */
  startsInMs: (model: string) => Promise<number | null>;
  reconfigure(config: Config): void;
  close(): Promise<void>;
}

/** Opens a configured provider's adapter and limiter. Borrows the limiter's connection. */
export function openProvider(
  name: string,
  {
    config,
    redis,
    changes,
    worker,
    prefix,
    onError,
  }: {
    config: Config;
    redis: Redis;
    changes: LimiterChanges;
    /** Shown as the holder of permits. */
    worker: string;
    prefix: string;
    onError: (error: unknown) => void;
  },
): OpenedProvider {
  const provider = config.providers[name];
  if (!provider) {
    throw new Error(
      `There is no provider "${name}" in the configuration; known: ${Object.keys(config.providers).join(', ')}.`,
    );
  }
  let limits = limitsOf(name, config);
  const limiter = createProviderLimiter({ redis, prefix, provider: name, limits, changes, worker, onError });
  const adapter = createProviderAdapter({
    kind: provider.kind,
    apiKey: keyOf(provider).value,
    ...(provider.base_url ? { baseUrl: provider.base_url } : {}),
    // Media that callers name are fetched under the same rule as their webhooks.
    fetchPolicy: {
      allowPrivateNetwork: config.webhooks.allow_private_network,
      allowCidrs: config.webhooks.allow_cidrs,
    },
  });
  return {
    runtime: {
      name,
      kind: provider.kind,
      adapter,
      limiter,
      keyName: keyOf(provider).name,
      region: provider.region ?? null,
      timeouts: provider.timeouts,
    },
    pace: () => paceOfProvider(limits),
    startsInMs: (model) => startsInMs(limiter, { model, key: keyOf(provider).name }),
    reconfigure(next) {
      limits = limitsOf(name, next);
      limiter.setLimits(limits);
    },
    async close() {
      await limiter.close();
      await adapter.close();
    },
  };
}

function keyOf(provider: ProviderConfig): { name: string; value: string } {
  const [pooled] = provider.api_keys ?? [];
  return pooled
    ? { name: pooled.name, value: pooled.key }
    : { name: 'default', value: provider.api_key ?? '' };
}

function limitsOf(name: string, { providers, models }: Config): ProviderLimits {
  const provider = providers[name];
  const byModel = Object.entries(models).flatMap(([target, { limits }]) => {
    const parts = parseTarget(target);
    return limits && parts?.provider === name ? [[parts.model, limits] as const] : [];
  });
  const byKey = (provider?.api_keys ?? []).flatMap(({ name: key, limits }) =>
    limits ? [[key, limits] as const] : [],
  );
  return {
    provider: provider?.limits ?? null,
    models: Object.fromEntries(byModel),
    keys: Object.fromEntries(byKey),
  };
}

/** The tightest of the provider's and its keys' limits, and those of models that have their own. */
function paceOfProvider({ provider, models, keys = {} }: ProviderLimits): WorkerState['pace'] {
  const all = [provider, ...Object.values(keys)].map(paceOf);
  const least = (dimension: keyof Pace): number => {
    const given = all.map((pace) => pace[dimension]).filter((value) => value > 0);
    return given.length === 0 ? 0 : Math.min(...given);
  };
  return {
    requests: least('requests'),
    tokens: least('tokens'),
    slots: least('slots'),
    models: Object.fromEntries(Object.entries(models).map(([model, own]) => [model, paceOf(own)] as const)),
  };
}
