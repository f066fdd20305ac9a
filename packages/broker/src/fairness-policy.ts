import type { Config, Tier } from '@sluice/contracts';

export interface TenantShare {
  /** Share of a tier that is busy, against the weights of the other tenants. */
  weight: number;
  /** Calls of the tenant at once at one provider; null: as many as there is room for. */
  maxRunning: number | null;
}

/** How tiers and tenants share a provider that is busy. */
export interface FairnessPolicy {
  shares: Readonly<Record<Tier, number>>;
  tenants: Readonly<Record<string, TenantShare>>;
  /** Tenants that are not named. */
  others: TenantShare;
}

/** The part of the configuration that the release stage goes by. */
export function fairnessPolicy({ tiers, tenants, tenant_defaults: defaults }: Config): FairnessPolicy {
  const others = { weight: defaults.weight, maxRunning: defaults.max_running ?? null };
  return {
    shares: {
      priority: tiers.priority.share,
      standard: tiers.standard.share,
      flex: tiers.flex.share,
    },
    tenants: Object.fromEntries(
      Object.entries(tenants).map(([name, own]) => [
        name,
        { weight: own.weight ?? others.weight, maxRunning: own.max_running ?? others.maxRunning },
      ]),
    ),
    others,
  };
}
