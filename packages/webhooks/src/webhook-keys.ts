export const WEBHOOK_QUEUE_NAME = 'webhooks';

/** Redis keys of webhook delivery. Each is used alone: no script takes two of them. */
export function createWebhookKeys(prefix: string) {
  return {
    /** Hash: one event on its way to one URL. */
    delivery: (eventId: string) => `${prefix}:delivery:{${eventId}}`,
    /** Sorted set: event ids of a job by creation time. */
    ofJob: (jobId: string) => `${prefix}:deliveries:{${jobId}}`,
    /** Sorted set: deliveries that have not ended, or whose end was not reported, by time of the next attempt. */
    pending: `${prefix}:deliveries:pending`,
    /** Prefix of the BullMQ queue's own keys, with its hash tag. */
    queuePrefix: `${prefix}:{q:${WEBHOOK_QUEUE_NAME}}`,
  };
}

export type WebhookKeys = ReturnType<typeof createWebhookKeys>;
