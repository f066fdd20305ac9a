import type { Lane, LanesConfig } from '@sluice/contracts';

/**
 * Where a job goes that the flex tier had no room for (429, not charged): it asks again after a pause, a few times
 * and while the deadline allows it, and then runs live. A job that may run in no other lane goes on asking.
 */
export function afterFlexRefusal({
  refusals,
  isForced,
  timeLeftMs,
  retryAfterMs,
  policy,
}: {
  /** This one included. */
  refusals: number;
  isForced: boolean;
  timeLeftMs: number;
  retryAfterMs: number | null;
  policy: LanesConfig['flex'];
}): { lane: Lane; delayMs: number } {
  const delayMs = Math.max(retryAfterMs ?? 0, policy.pause);
  const waits = isForced || (refusals < policy.attempts && timeLeftMs - delayMs >= policy.min_window);
  return waits ? { lane: 'flex', delayMs } : { lane: 'live', delayMs: 0 };
}
