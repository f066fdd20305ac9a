import { limitsSchema } from '@sluice/contracts';
import type { Limits } from '@sluice/contracts';
import type { ProviderLimits } from './provider-limiter.ts';

/** Reads limits that another process stored; null when they can't be read. */
export function parseLimits(source: string): ProviderLimits | null {
  try {
    const stored = JSON.parse(source) as {
      provider: unknown;
      models: Record<string, unknown>;
      /** Absent in what an earlier release stored. */
      keys?: Record<string, unknown>;
      pool?: string[];
    };
    return {
      provider: stored.provider === null ? null : limitsSchema.parse(stored.provider),
      models: parseAll(stored.models),
      keys: parseAll(stored.keys ?? {}),
      ...(stored.pool ? { pool: stored.pool.map(String) } : {}),
    };
  } catch {
    return null;
  }
}

function parseAll(stored: Record<string, unknown>): Record<string, Limits> {
  return Object.fromEntries(
    Object.entries(stored).map(([name, limits]) => [name, limitsSchema.parse(limits)]),
  );
}
