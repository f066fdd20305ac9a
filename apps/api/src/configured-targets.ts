import { parseTarget, type Config, type Target } from '@sluice/contracts';

/** Targets of a provider that routes or `models` name. */
export function configuredTargets(name: string, { routes, models }: Config): Target[] {
  const named = [...Object.values(routes).flatMap((route) => route.targets), ...Object.keys(models)];
  return Array.from(new Set(named as Target[])).filter((target) => parseTarget(target)?.provider === name);
}
