import type { Lane } from '@sluice/contracts';
import type { JobRecord } from './job-record.ts';
import type { Placement } from './placement.ts';
import { LOST_WORKER, unpaidEnd, type Transitions } from './transitions.ts';

/** Queues a job again whose attempt nobody looks after any more. `none`: somebody else was first. */
export async function requeueLost(
  job: JobRecord,
  { transitions, placement }: { transitions: Transitions; placement: Placement },
  /** How it runs from now on. @defaultValue as before */
  lane?: Lane,
): Promise<'none' | 'recovered'> {
  const outcome = await transitions.requeue(job, {
    attempt: job.openAttempt,
    attemptEnd: unpaidEnd('abandoned', LOST_WORKER),
    targetIndex: job.targetIndex,
    round: job.round,
    newRound: false,
    delayMs: 0,
    reason: 'worker_lost',
    lane,
  });
  if (outcome.status === 'fenced') return 'none';
  await placement.place({ ...job, lane: lane ?? job.lane, turn: outcome.turn, readyAtMs: outcome.readyAtMs });
  return 'recovered';
}
