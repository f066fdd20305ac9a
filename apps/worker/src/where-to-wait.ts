import type { Target } from '@sluice/contracts';
import type { JobRecord } from '@sluice/broker';

/** Another target has to be able to start in less than this part of the wait, or jobs would go to and fro. */
const SOONER = 0.5;
/** Tickets do not all come back at once: a wait is longer by up to this part, and at least by up to 50 ms. */
const SPREAD = 0.5;
const LEAST_SPREAD_MS = 50;

/**
 * Where a job goes whose target has no capacity for now: to the first target that it has not tried and that can start
 * much sooner, else back to its own until that frees.
 */
export async function whereToWait(
  job: Pick<JobRecord, 'chain' | 'targetIndex' | 'attempts'>,
  {
    readyInMs,
    startsInMs,
    maySpill,
  }: {
    readyInMs: number;
    startsInMs: (target: Target) => Promise<number | null>;
    /** False: it waits for its own target, however long that takes. */
    maySpill: boolean;
  },
): Promise<{ targetIndex: number; delayMs: number }> {
  const { chain, targetIndex, attempts } = job;
  const others = (maySpill ? chain : []).map((_, index) => (targetIndex + 1 + index) % chain.length);
  for (const index of others) {
    const target = chain[index] as Target;
    if (index === targetIndex || attempts.some((attempt) => attempt.target === target)) continue;
    const startMs = await startsInMs(target);
    if (startMs !== null && startMs < readyInMs * SOONER) return { targetIndex: index, delayMs: startMs };
  }
  return { targetIndex, delayMs: readyInMs + Math.random() * Math.max(LEAST_SPREAD_MS, readyInMs * SPREAD) };
}
