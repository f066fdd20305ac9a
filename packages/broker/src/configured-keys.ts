import type { Limits, ProviderConfig } from '@sluice/contracts';
import { fingerprintOfKey } from './provider-keys.ts';

/** A key as the configuration has it. */
export interface ConfiguredKey {
  name: string;
  value: string;
  /** Tells its values apart. */
  fingerprint: string;
  limits: Limits | null;
  region: string | null;
  zeroRetention: boolean;
}

/** The keys of a provider, in the order of the configuration; one without a pool has a key named `default`. */
export function configuredKeys(provider: string, config: ProviderConfig): readonly ConfiguredKey[] {
  const pool = config.api_keys ?? [{ name: 'default', key: config.api_key ?? '' }];
  return pool.map(({ name, key: value, ...own }) => ({
    name,
    value,
    fingerprint: fingerprintOfKey({ provider, name, value }),
    limits: ('limits' in own ? own.limits : null) ?? null,
    region: ('region' in own ? own.region : null) ?? config.region ?? null,
    zeroRetention:
      ('zero_retention' in own ? own.zero_retention : undefined) ?? config.zero_retention ?? false,
  }));
}
