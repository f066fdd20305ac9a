import { parseTarget, type Config, type Target } from '@sluice/contracts';
import { targetsOfRoutes } from '@sluice/core';

/** Targets of a provider that routes or `models` name. */
export function configuredTargets(name: string, { routes, models }: Config): Target[] {
  const named = [...targetsOfRoutes(routes), ...(Object.keys(models) as Target[])];
  return Array.from(new Set(named)).filter((target) => parseTarget(target)?.provider === name);
}
