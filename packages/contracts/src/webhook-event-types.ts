import { JOB_EVENT_TYPES } from './job-event.ts';

/** Job events that a webhook may ask for: all but the stream's own (`job.delta`, `job.restarted`). */
export const WEBHOOK_EVENT_TYPES = JOB_EVENT_TYPES.filter(
  (type) => type !== 'job.delta' && type !== 'job.restarted',
);

/** Sent when a webhook names no events: the terminal ones. */
export const DEFAULT_WEBHOOK_EVENT_TYPES = [
  'job.completed',
  'job.failed',
  'job.cancelled',
  'job.expired',
] as const;
