import type { DeliveryAttempt, DeliveryStatus } from '@sluice/contracts';

export type { DeliveryAttempt, DeliveryStatus } from '@sluice/contracts';

/** One event on its way to one receiver: a URL that came with a job, or an endpoint. */
export interface NewDelivery {
  /** From `webhookEventId`: the same for every receiver of the event. */
  eventId: string;
  /** Job or batch that the event is about; empty when it is about neither. */
  jobId: string;
  tenant: string;
  /** Type of the event, such as `job.completed`. */
  type: string;
  /** Of an endpoint: where it was when the delivery was queued; the endpoint's own at each try counts. */
  url: string;
  /** `whsec_…`; of an endpoint empty: its own at the time of each try sign. */
  secret: string;
  /** From `renderWebhookEvent`. */
  body: string;
  /** `we_…`. @defaultValue none: a URL that came with a job */
  endpoint?: string | null;
}

/** Times are milliseconds of Redis' clock. */
export interface Delivery extends NewDelivery {
  /** `whd_…` */
  id: string;
  endpoint: string | null;
  status: DeliveryStatus;
  /** Both empty once it is delivered: the job is where it can be read again. */
  secret: string;
  body: string;
  attempts: readonly DeliveryAttempt[];
  /** Attempts before it was last sent again by hand: the schedule begins after them. */
  attemptsBefore: number;
  /** Raised whenever it is queued again; what an attempt of another turn brings is stale. */
  turn: number;
  createdAtMs: number;
  nextAttemptAtMs: number;
  endedAtMs: number | null;
  /** Why it failed for good; null otherwise. */
  error: string | null;
}

export type EndedDelivery = Delivery & { status: 'delivered' | 'failed' };
