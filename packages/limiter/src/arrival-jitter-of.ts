import type { ProviderLimits } from './provider-limiter.ts';

/** How much later than sent a provider may see things: the most that its limits allow for. */
export function arrivalJitterOf({ provider, models, keys = {} }: ProviderLimits): number {
  const all = [provider, ...Object.values(models), ...Object.values(keys)];
  return Math.max(0, ...all.map((limits) => limits?.arrival_jitter_ms ?? 0));
}
