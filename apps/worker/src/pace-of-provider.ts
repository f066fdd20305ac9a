import type { Pace, WorkerState } from '@sluice/broker';
import type { ProviderLimits } from '@sluice/limiter';
import { paceOf } from './pace-of.ts';

/**
 * What the release stage may assume of a provider: what its usable keys allow together, at most what the provider
 * allows itself; and of models that have limits of their own.
 */
export function paceOfProvider(
  { provider, models, keys = {} }: ProviderLimits,
  usableKeys: readonly string[],
): WorkerState['pace'] {
  const whole = paceOf(provider);
  const perKey = usableKeys.map((name) => paceOf(keys[name] ?? null));
  const least = (dimension: keyof Pace): number => {
    const ofKeys = perKey.map((pace) => pace[dimension]);
    // A key without the limit makes the pool one without it.
    const together = ofKeys.includes(0) ? 0 : ofKeys.reduce((sum, each) => sum + each, 0);
    const given = [whole[dimension], together].filter((value) => value > 0);
    return given.length === 0 ? 0 : Math.min(...given);
  };
  return {
    requests: least('requests'),
    tokens: least('tokens'),
    slots: least('slots'),
    models: Object.fromEntries(Object.entries(models).map(([model, own]) => [model, paceOf(own)] as const)),
  };
}
