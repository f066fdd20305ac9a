import { configuredKeys, isRetired, type ProviderState, type RetiredKeys } from '@sluice/broker';
import type { KeyStatus, ProviderConfig } from '@sluice/contracts';

/** How each key of a provider stands; never its value. */
export function showKeyStates(
  name: string,
  {
    provider,
    retired,
    limiter,
    nowMs,
  }: { provider: ProviderConfig; retired: RetiredKeys; limiter: ProviderState['limiter']; nowMs: number },
): KeyStatus[] {
  if (!provider.api_keys && !provider.api_key) return [];
  return configuredKeys(name, provider).map(({ name: key, fingerprint, region, zeroRetention }) => {
    const stored = retired[key];
    const out = stored && isRetired(stored, { fingerprint, nowMs }) ? stored : null;
    const isCooling = (limiter?.status.keys_paused_ms?.[key] ?? 0) > 0;
    return {
      name: key,
      state: out ? stateOf(out.reason, provider) : isCooling ? 'cooling' : 'active',
      region,
      zero_retention: zeroRetention,
      reason: out?.reason ?? null,
      message: out?.message ?? null,
      retired_at: out ? new Date(out.retired_at_ms).toISOString() : null,
      until: out && out.until_ms !== null ? new Date(out.until_ms).toISOString() : null,
    };
  });
}

function stateOf(reason: string, { api_keys: pool }: ProviderConfig): 'retired' | 'refused' {
  return pool || reason === 'manual' ? 'retired' : 'refused';
}
