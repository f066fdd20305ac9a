import type { ChatRequest, Target, Warning } from '@sluice/contracts';
import { rescaleTokenLimit, type ModelCatalogue, type TokenLearner } from '@sluice/core';
import type { RunnableJob } from './settle-attempt.ts';

/** A job's request as one target gets it. The job's own is frozen, and the same for every target. */
export interface RenderedForTarget {
  request: ChatRequest;
  warnings: readonly Warning[];
}

/** What a hop changes of a request before the target's adapter renders it. Sampling is left as it is. */
export function renderForTarget(
  job: RunnableJob,
  target: Target,
  { catalogue, learner }: { catalogue: ModelCatalogue; learner: TokenLearner },
): RenderedForTarget {
  const { entry, vendor } = catalogue.resolve(target);
  return rescaleTokenLimit({
    request: job.request,
    from: job.chain[0] as Target,
    to: target,
    learner,
    entry,
    vendor,
    maxCostUsd: job.options.filters?.max_cost_usd ?? null,
  });
}
