import { createHash } from 'node:crypto';

/** The id of an event's delivery to one receiver, the same whenever it is asked for: queueing it again finds the first. */
export function deliveryId({ eventId, endpoint }: { eventId: string; endpoint?: string | null }): string {
  return `whd_${createHash('sha256')
    .update(`${eventId}#${endpoint ?? ''}`)
    .digest('hex')
    .slice(0, 32)}`;
}
