import type { PostOutcome } from '@sluice/egress';
import { retryAfterMs } from './retry-after-ms.ts';

export type NextStep =
  | { status: 'delivered' }
  | { status: 'failed'; error: string }
  | { status: 'retry'; delayMs: number; error: string };

const JITTER = 0.2;

/**
 * What follows from an attempt. Only 2xx is delivered; 410 and a refused address end the delivery; everything else
 * is tried again after the schedule's next wait ±20 %, or, when the receiver sends `Retry-After`, after that time
 * within once and twice the wait. Sources: Standard Webhooks v1, "Operational considerations".
 */
export function decideNext({
  outcome,
  attempt,
  retryScheduleMs,
  nowMs,
  random,
}: {
  outcome: PostOutcome;
  /** Number of the attempt that had this outcome, from 1. */
  attempt: number;
  /** The wait after each attempt; one more attempt than it has entries. */
  retryScheduleMs: readonly number[];
  nowMs: number;
  /** In [0, 1). */
  random: () => number;
}): NextStep {
  const error = describe(outcome);
  if (error === null) return { status: 'delivered' };
  if (outcome.status === 'refused') return { status: 'failed', error };
  if (outcome.status === 'answered' && outcome.httpStatus === 410) return { status: 'failed', error };
  const waitMs = retryScheduleMs[attempt - 1];
  if (waitMs === undefined) return { status: 'failed', error };
  const askedMs = outcome.status === 'answered' ? retryAfterMs(outcome.headers['retry-after'], nowMs) : null;
  const delayMs =
    askedMs === null
      ? waitMs * (1 + JITTER * (2 * random() - 1))
      : Math.min(2 * waitMs, Math.max(waitMs, askedMs) * (1 + JITTER * random()));
  return { status: 'retry', delayMs: Math.round(delayMs), error };
}

function describe(outcome: PostOutcome): string | null {
  if (outcome.status !== 'answered') return `${outcome.reason}: ${outcome.message}`;
  if (outcome.httpStatus >= 200 && outcome.httpStatus < 300) return null;
  return `http_status: The receiver answered ${outcome.httpStatus}.`;
}
