import type { Broker } from '@sluice/broker';
import { retryWhileRedisIsAway } from './retry-while-redis-is-away.ts';
import type { RunnableJob, Settler } from './settle-attempt.ts';

export interface KeyPlaceTaken {
  close: () => void;
}

/** How long a job waits until it looks again: up to twice as long, so that not all come back at once. */
const LOOK_AGAIN_MS = 300;
const FREE: KeyPlaceTaken = { close: () => undefined };

/** A place among the calls that the job's key may have at once; null when all are taken. A key without a cap has any. */
export async function takeKeyPlace(
  { keyId, options: { maxRunningOfKey: max } }: RunnableJob,
  quotas: Pick<Broker['quotas'], 'takePlace'>,
): Promise<KeyPlaceTaken | null> {
  if (max === undefined) return FREE;
  return retryWhileRedisIsAway(() => quotas.takePlace('running', keyId, max));
}

/** Back to the backlog for a moment: it costs no attempt, and others go first meanwhile. */
export function waitForKeyPlace(job: RunnableJob, settler: Settler): Promise<void> {
  const delayMs = LOOK_AGAIN_MS * (1 + Math.random());
  return settler.postpone(job, { targetIndex: job.targetIndex, delayMs });
}
