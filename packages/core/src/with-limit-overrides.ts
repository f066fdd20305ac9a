import type { Config, LimitOverride } from '@sluice/contracts';

/** The configuration with the limits that were set over it; providers that it does not name are passed over. */
export function withLimitOverrides(
  config: Config,
  overrides: Readonly<Record<string, LimitOverride>>,
): Config {
  const providers = Object.entries(config.providers).map(([name, provider]) => {
    const override = overrides[name];
    if (!override) return [name, provider] as const;
    const limits = { arrival_jitter_ms: DEFAULT_ARRIVAL_JITTER_MS, ...provider.limits, ...override };
    return [name, { ...provider, limits }] as const;
  });
  return { ...config, providers: Object.fromEntries(providers) } as Config;
}

/** As `limitsSchema` has it. */
const DEFAULT_ARRIVAL_JITTER_MS = 250;
