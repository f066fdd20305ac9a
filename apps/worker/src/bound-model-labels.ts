import { formatTarget, type Target } from '@sluice/contracts';
import type { Metrics } from '@sluice/runtime';

/** The same metrics, where a model that is not known counts as `other`: callers may name any, and as many as they like. */
export function boundModelLabels(metrics: Metrics, isKnown: (target: Target) => boolean): Metrics {
  const bounded = <Fact extends { provider: string; model: string }>(fact: Fact): Fact =>
    isKnown(formatTarget(fact)) ? fact : { ...fact, model: 'other' };
  return {
    ...metrics,
    attemptFinished: (fact) => metrics.attemptFinished(bounded(fact)),
    attemptCost: (fact) => metrics.attemptCost(bounded(fact)),
    breakerChanged: (fact) => metrics.breakerChanged(bounded(fact)),
    probeFinished: (fact) => metrics.probeFinished(bounded(fact)),
  };
}
