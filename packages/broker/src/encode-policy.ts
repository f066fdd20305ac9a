import type { FairnessPolicy, TenantShare } from './fairness-policy.ts';

/** A policy as `store_policy()` of the scripts takes it; 0 running is no cap. */
export function encodePolicy({ shares, tenants, others }: FairnessPolicy): string {
  const encode = ({ weight, maxRunning }: TenantShare) => ({ weight, running: maxRunning ?? 0 });
  const named = Object.entries(tenants).map(([name, share]) => [name, encode(share)] as const);
  return JSON.stringify({ shares, ...encode(others), tenants: Object.fromEntries(named) });
}
