export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** One try, in the form in which it is stored and shown. */
export interface DeliveryAttempt {
  /** From 1. */
  n: number;
  /** ISO 8601. */
  at: string;
  /** Null when there was no answer. */
  http_status: number | null;
  duration_ms: number;
  /** Null when it was delivered. */
  error: string | null;
  /** The first 1,024 characters of the answer. */
  response: string | null;
}

/** One event on its way to one URL. */
export interface NewDelivery {
  /** From `webhookEventId`; also the delivery's id. */
  eventId: string;
  jobId: string;
  tenant: string;
  /** Type of the event, such as `job.completed`. */
  type: string;
  url: string;
  /** `whsec_…` */
  secret: string;
  /** From `renderWebhookEvent`. */
  body: string;
}

/** Times are milliseconds of Redis' clock. */
export interface Delivery extends Omit<NewDelivery, 'secret' | 'body'> {
  status: DeliveryStatus;
  /** Empty once it is delivered: the job is where it can be read again. */
  secret: string;
  body: string;
  attempts: readonly DeliveryAttempt[];
  /** Raised whenever it is queued again; a ticket of another turn is stale. */
  turn: number;
  createdAtMs: number;
  nextAttemptAtMs: number;
  endedAtMs: number | null;
  /** Why it failed for good; null otherwise. */
  error: string | null;
}
