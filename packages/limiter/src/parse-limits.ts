import { limitsSchema } from '@sluice/contracts';
import type { Limits } from '@sluice/contracts';
import type { ProviderLimits } from './provider-limiter.ts';

/** Reads limits that another process stored; null when they can't be read. */
export function parseLimits(source: string): ProviderLimits | null {
  try {
    const stored = JSON.parse(source) as { provider: unknown; models: Record<string, unknown> };
    const models: Record<string, Limits> = {};
    for (const [model, limits] of Object.entries(stored.models)) models[model] = limitsSchema.parse(limits);
    return { provider: stored.provider === null ? null : limitsSchema.parse(stored.provider), models };
  } catch {
    return null;
  }
}
