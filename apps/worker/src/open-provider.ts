import { parseTarget, type Config, type ProviderConfig } from '@sluice/contracts';
import { createProviderLimiter, type ProviderLimits } from '@sluice/limiter';
import { createProviderAdapter } from '@sluice/providers';
import type { Redis } from 'ioredis';
import type { ProviderRuntime } from './provider-runtime.ts';

export interface OpenedProvider {
  runtime: ProviderRuntime;
  /** What the release stage may assume: starts and tokens a second, calls at once; 0 for no limit. */
  pace: () => { requests: number; tokens: number; slots: number };
  reconfigure(config: Config): void;
  close(): Promise<void>;
}

/** Opens a configured provider's adapter and limiter. Borrows the limiter's connection. */
export function openProvider(
  name: string,
  {
    config,
    redis,
    prefix,
    onError,
  }: { config: Config; redis: Redis; prefix: string; onError: (error: unknown) => void },
): OpenedProvider {
  const provider = config.providers[name];
  if (!provider) {
    throw new Error(
      `There is no provider "${name}" in the configuration; known: ${Object.keys(config.providers).join(', ')}.`,
    );
  }
  let limits = limitsOf(name, config);
  const limiter = createProviderLimiter({ redis, prefix, provider: name, limits, onError });
  const adapter = createProviderAdapter({
    kind: provider.kind,
    apiKey: keyOf(provider).value,
    ...(provider.base_url ? { baseUrl: provider.base_url } : {}),
  });
  return {
    runtime: {
      name,
      adapter,
      limiter,
      keyName: keyOf(provider).name,
      region: provider.region ?? null,
      timeouts: provider.timeouts,
    },
    pace: () => ({
      requests: (limits.provider?.requests_per_minute ?? 0) / 60,
      tokens: (limits.provider?.tokens_per_minute ?? 0) / 60,
      slots: limits.provider?.concurrency ?? 0,
    }),
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

/** Limits of a key hold for the provider as long as there is one key. */
function limitsOf(name: string, { providers, models }: Config): ProviderLimits {
  const provider = providers[name];
  const byModel = Object.entries(models).flatMap(([target, { limits }]) => {
    const parts = parseTarget(target);
    return limits && parts?.provider === name ? [[parts.model, limits] as const] : [];
  });
  return {
    provider: provider?.api_keys?.[0]?.limits ?? provider?.limits ?? null,
    models: Object.fromEntries(byModel),
  };
}
