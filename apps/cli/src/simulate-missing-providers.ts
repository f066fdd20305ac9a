import type { Config, ProviderConfig, ProviderKind } from '@sluice/contracts';

/** Servers that are commonly run without a key; their address is enough. */
const KEYLESS_KINDS: ReadonlySet<ProviderKind> = new Set(['openai-compatible', 'vllm', 'ollama']);

export interface SimulatedProviders {
  config: Config;
  /** Names of the providers that now point to the simulator. */
  simulated: string[];
}

/**
 * Points every provider that can't be called for want of a key to the simulator; the others stay as they are.
 *
 * @param baseUrlOf a provider's simulated base URL, in the form that its vendor's SDK takes
 */
export function simulateMissingProviders(
  config: Config,
  baseUrlOf: (name: string) => string,
): SimulatedProviders {
  const simulated: string[] = [];
  const providers: Record<string, ProviderConfig> = {};
  for (const [name, provider] of Object.entries(config.providers)) {
    if (isUsable(provider)) {
      providers[name] = provider;
      continue;
    }
    simulated.push(name);
    const { api_keys: _, ...rest } = provider;
    providers[name] = {
      ...rest,
      api_key: 'simulated',
      base_url: baseUrlOf(name),
    };
  }
  return { config: { ...config, providers }, simulated };
}

function isUsable(provider: ProviderConfig): boolean {
  if (provider.api_key || provider.api_keys?.some(({ key }) => key !== '')) return true;
  return KEYLESS_KINDS.has(provider.kind) && provider.base_url !== undefined;
}
