import { formatTarget, parseTarget, type Config, type Target } from '@sluice/contracts';
import { catalogueData } from './catalogue-data.ts';
import { targetsOfRoutes } from './targets-of-routes.ts';

/**
 * Every target that a caller may name without surprises: those of the routes and of `models`, then what the
 * built-in catalogue knows of the configured providers. Each once.
 */
export function listTargets({
  config,
  targetsOfModel,
}: {
  config: Pick<Config, 'providers' | 'models' | 'routes'>;
  targetsOfModel: (model: string) => readonly Target[];
}): Target[] {
  const namesOfCatalogue = [
    ...new Set(Object.keys(catalogueData().models).flatMap((key) => parseTarget(key)?.model ?? [])),
  ];
  const named = [...targetsOfRoutes(config.routes), ...Object.keys(config.models)];
  const known = named.flatMap((target) => {
    const parts = parseTarget(target);
    return parts && Object.hasOwn(config.providers, parts.provider) ? [formatTarget(parts)] : [];
  });
  return [...new Set([...known, ...namesOfCatalogue.flatMap((model) => [...targetsOfModel(model)])])];
}
