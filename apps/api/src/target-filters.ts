import type { JobSubmission } from '@sluice/contracts';
import type { TargetFilters } from '@sluice/core';

const FILTERS = ['quality', 'max_cost_usd', 'max_latency_ms', 'residency', 'zero_retention'] as const;

/** What a submission asks of its targets, as it is kept with the job; null when it asks nothing. */
export function targetFilters(submission: JobSubmission): TargetFilters | null {
  const asked = FILTERS.flatMap((name) => (submission[name] === undefined ? [] : [[name, submission[name]]]));
  return asked.length > 0 ? (Object.fromEntries(asked) as TargetFilters) : null;
}
