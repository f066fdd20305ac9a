import type { Config } from '@sluice/contracts';
import { createModelCatalogue, type ModelCatalogue } from '@sluice/core';

/** The catalogue under the configuration in force: prices and regions of a reload hold from then on. */
export function createLiveCatalogue(config: Config): {
  catalogue: ModelCatalogue;
  reload(config: Config): void;
} {
  const build = ({ models, providers }: Config): ModelCatalogue =>
    createModelCatalogue({ overrides: models, providers });
  let current = build(config);
  return {
    catalogue: {
      resolve: (target) => current.resolve(target),
      targetsOfModel: (model) => current.targetsOfModel(model),
      targetsToCall: (model) => current.targetsToCall(model),
    },
    reload(next) {
      current = build(next);
    },
  };
}
