import type { Config, Target } from '@sluice/contracts';

/** Every target that a route or one of its rules names, each once, in the order of the configuration. */
export function targetsOfRoutes(routes: Config['routes']): Target[] {
  const names = Object.values(routes).flatMap(({ targets, when }) => [
    ...targets,
    ...when.flatMap(({ use }) => use),
  ]);
  return [...new Set(names.filter((name): name is Target => name.includes('/')))];
}
