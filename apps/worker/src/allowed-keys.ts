import { parseTarget, type Config, type Target } from '@sluice/contracts';
import type { JobRecord } from '@sluice/broker';
import { mayCall, type CallPolicy, type ModelCatalogue } from '@sluice/core';
import type { PoolKey } from './key-pool.ts';

export type AllowedKeys =
  | { status: 'ok'; keys: readonly PoolKey[] }
  /** None of them may be used for this job, whether in use or not. */
  | { status: 'forbidden'; message: string };

/**
 * Those of a provider's keys that a job's calls of a target may be made with: its own demands and those that its API
 * key forces on it (residency, retention, allowed and denied targets) are held again before every attempt, by the
 * configuration in force.
 */
export function allowedKeys(
  job: Pick<JobRecord, 'options'>,
  target: Target,
  {
    keys,
    config,
    catalogue,
  }: { keys: readonly PoolKey[]; config: Config; catalogue: Pick<ModelCatalogue, 'resolve'> },
): AllowedKeys {
  const { filters, forced } = job.options;
  if (!filters && !forced) return { status: 'ok', keys };
  const policy: CallPolicy = { filters, forced };
  const { entry, vendor } = catalogue.resolve(target);
  const provider = config.providers[parseTarget(target)?.provider ?? ''];
  let message = '';
  const allowed = keys.filter(({ region, zeroRetention }) => {
    const key = { region: region ?? undefined, zero_retention: zeroRetention };
    const verdict = mayCall({ target, model: { entry, vendor }, provider, key, request: null }, policy);
    if (verdict.status === 'no') message ||= verdict.message;
    return verdict.status === 'ok';
  });
  return allowed.length > 0 || keys.length === 0
    ? { status: 'ok', keys: allowed }
    : { status: 'forbidden', message };
}
