import { ApiError, type JobSubmission, type Warning } from '@sluice/contracts';
import type { RoutePlan } from '@sluice/core';

/**
 * Whether a job looks likely to end in time: its wait and its usual latency at the target that is soonest done. A
 * target of which either is not known is given the benefit of the doubt. A warning, or none.
 * @throws ApiError `deadline_unreachable` with `deadline_policy: "refuse"`.
 */
export function checkDeadline(
  { order }: Pick<RoutePlan, 'order'>,
  { submission, leftMs }: { submission: Pick<JobSubmission, 'deadline_policy' | 'deadline'>; leftMs: number },
): Warning[] {
  const soonestMs = Math.min(
    ...order.map(({ waitMs, totalP50Ms }) => (waitMs === null ? 0 : waitMs + (totalP50Ms ?? 0))),
  );
  if (soonestMs <= leftMs) return [];
  const param = submission.deadline === undefined ? 'within' : 'deadline';
  const message = `The job would end in about ${Math.ceil(soonestMs / 1_000)} s, and has ${Math.ceil(leftMs / 1_000)} s.`;
  if (submission.deadline_policy === 'refuse') throw new ApiError('deadline_unreachable', message, { param });
  return [{ code: 'deadline_at_risk', message, param }];
}
