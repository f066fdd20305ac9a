import { byNumber, type OrderBlocks } from './block.ts';

/** Between targets of equal wait: the emptier limits, far below a millisecond's weight. */
const LIMITS_WEIGHT_MS = 0.001;

/**
 * Where the job would start first. What this process has planned since the world was looked at counts too, or all
 * jobs of one moment would run to the same target.
 */
export const leastWait: OrderBlocks = (blocks, { plannedSince, paceMs }) => {
  const planned = byNumber(blocks, ({ targets: [head] }) => plannedSince(head.target));
  return byNumber(planned, ({ targets: [head] }) => {
    const queuedMs = plannedSince(head.target) * paceMs(head.target);
    return Math.round((head.waitMs ?? 0) + queuedMs) + head.limitsUsed * LIMITS_WEIGHT_MS;
  });
};
