import type { EgressClient } from '@sluice/egress';
import { Worker, type ConnectionOptions } from 'bullmq';
import { createTicketProcessor, type EndedDelivery } from './create-ticket-processor.ts';
import { createTicketQueue } from './create-ticket-queue.ts';
import type { Delivery, DeliveryAttempt } from './delivery.ts';
import type { RedisClient } from './redis-script.ts';
import { repairDeliveries, type RepairOptions, type RepairReport } from './repair-deliveries.ts';
import { createWebhookKeys, WEBHOOK_QUEUE_NAME } from './webhook-keys.ts';

export interface WebhookDelivererOptions {
  redis: RedisClient;
  /** For BullMQ; `maxRetriesPerRequest: null`. BullMQ duplicates it for its blocking reads and closes the copy. */
  connection: ConnectionOptions;
  prefix: string;
  egress: EgressClient;
  /** The wait after each attempt; N waits make N + 1 attempts. */
  retryScheduleMs: readonly number[];
  /** @defaultValue 15,000 */
  timeoutMs?: number;
  /**
   * Attempts under way at once in this process.
   * @defaultValue 50
   */
  concurrency?: number;
  /**
   * How long a delivery is kept after its end.
   * @defaultValue 7 days
   */
  recordTtlMs?: number;
  /** Called once, or more often after a crash; a rejection has it called again by the repair. */
  onDelivered?: (delivery: EndedDelivery) => Promise<void> | void;
  /** As `onDelivered`, for a delivery that was given up. */
  onFailed?: (delivery: EndedDelivery) => Promise<void> | void;
  /** For logs and metrics. */
  onAttempt?: (delivery: Delivery, attempt: DeliveryAttempt) => void;
  /** Errors of Redis, and of the callbacks. */
  onError?: (error: unknown) => void;
  /** Spreads the retries; in [0, 1). */
  random?: () => number;
}

export interface WebhookDeliverer {
  /** To be called every few seconds; see `repair-deliveries.ts`. */
  repairDeliveries(options?: RepairOptions): Promise<RepairReport>;
  /** Takes no more tickets and waits for the attempts under way, at most `timeoutMs`. Idempotent. */
  close(): Promise<void>;
}

/** Delivers webhooks from their queue until closed. Borrows the connections and the egress client. */
export function createWebhookDeliverer(options: WebhookDelivererOptions): WebhookDeliverer {
  const { redis, connection, onError = () => {} } = options;
  const keys = createWebhookKeys(options.prefix);
  const tickets = createTicketQueue({ connection, keys, onError });
  const processTicket = createTicketProcessor({
    redis,
    keys,
    tickets,
    egress: options.egress,
    retryScheduleMs: options.retryScheduleMs,
    timeoutMs: options.timeoutMs ?? 15_000,
    recordTtlMs: options.recordTtlMs ?? 7 * 86_400_000,
    random: options.random ?? Math.random,
    onAttempt: options.onAttempt ?? (() => {}),
    onEnded: (delivery) =>
      delivery.status === 'delivered' ? options.onDelivered?.(delivery) : options.onFailed?.(delivery),
  });

  const worker = new Worker(
    WEBHOOK_QUEUE_NAME,
    // Never throws and returns nothing: BullMQ does not decide what becomes of a delivery.
    (ticket) => processTicket(ticket.id ?? '').catch(onError),
    {
      connection,
      prefix: keys.queuePrefix,
      concurrency: options.concurrency ?? 50,
      // Renewed at half its time while an attempt runs; a killed process' tickets start again within 15 s.
      lockDuration: 10_000,
      stalledInterval: 5_000,
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    },
  );
  worker.on('error', onError);

  let closing: Promise<void> | null = null;
  return {
    repairDeliveries: (repair) => repairDeliveries({ redis, keys, tickets }, repair),
    // Without Redis there is nothing to wait for: what an attempt brings can't be stored, and BullMQ waits for ever.
    close: () => (closing ??= worker.close(redis.status !== 'ready').then(() => tickets.close())),
  };
}
