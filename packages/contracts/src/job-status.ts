import { z } from 'zod';

export const JOB_STATUSES = ['queued', 'in_progress', 'completed', 'failed', 'cancelled', 'expired'] as const;

export const jobStatusSchema = z.enum(JOB_STATUSES);
export type JobStatus = z.infer<typeof jobStatusSchema>;

/** The one transition table: which states may follow which. Terminal states have none. */
export const JOB_TRANSITIONS: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  queued: ['in_progress', 'failed', 'cancelled', 'expired'],
  in_progress: ['queued', 'completed', 'failed', 'cancelled', 'expired'],
  completed: [],
  failed: [],
  cancelled: [],
  expired: [],
};

export type TerminalStatus = 'completed' | 'failed' | 'cancelled' | 'expired';

export function isTerminal(status: JobStatus): status is TerminalStatus {
  return JOB_TRANSITIONS[status].length === 0;
}

export function canTransition(from: JobStatus, to: JobStatus): boolean {
  return JOB_TRANSITIONS[from].includes(to);
}
