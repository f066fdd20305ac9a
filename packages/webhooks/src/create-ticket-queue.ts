import { Queue, type ConnectionOptions } from 'bullmq';
import { ticketId } from './ticket-id.ts';
import { WEBHOOK_QUEUE_NAME, type WebhookKeys } from './webhook-keys.ts';

export interface TicketQueue {
  /** Queues a turn. Does nothing when BullMQ holds its ticket already. */
  add(ticket: { eventId: string; turn: number; delayMs: number }): Promise<void>;
  /** Whether BullMQ will run, or runs, the ticket of that turn. */
  holds(eventId: string, turn: number): Promise<boolean>;
  close(): Promise<void>;
}

/** The BullMQ queue of tickets that point to deliveries. The connection is borrowed. */
export function createTicketQueue({
  connection,
  keys,
  onError,
}: {
  connection: ConnectionOptions;
  keys: WebhookKeys;
  onError: (error: unknown) => void;
}): TicketQueue {
  const queue = new Queue(WEBHOOK_QUEUE_NAME, {
    connection,
    prefix: keys.queuePrefix,
    streams: { events: { maxLen: 100 } },
    defaultJobOptions: { attempts: 1 },
  });
  queue.on('error', onError);

  return {
    async add({ eventId, turn, delayMs }) {
      await queue.add('deliver', {}, { jobId: ticketId(eventId, turn), delay: Math.max(0, delayMs) });
    },
    async holds(eventId, turn) {
      const state = await queue.getJobState(ticketId(eventId, turn));
      return state !== 'unknown' && state !== 'completed' && state !== 'failed';
    },
    close: () => queue.close(),
  };
}
