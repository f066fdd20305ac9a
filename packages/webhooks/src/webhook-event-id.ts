import { createHash } from 'node:crypto';

/**
 * The id of a job's event, the same whenever it is asked for, so that queueing it again finds the first.
 * It holds no dot: Standard Webhooks signs `id.timestamp.body`.
 */
export function webhookEventId(jobId: string, seq: number): string {
  return `evt_${createHash('sha256').update(`${jobId}#${seq}`).digest('hex').slice(0, 32)}`;
}
