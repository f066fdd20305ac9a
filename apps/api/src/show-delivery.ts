import type { ShownWebhookDelivery } from '@sluice/contracts';
import type { ListedDelivery } from '@sluice/webhooks';

/** A delivery as the API shows it. */
export function showDelivery(delivery: ListedDelivery): ShownWebhookDelivery {
  const isPending = delivery.status === 'pending';
  return {
    id: delivery.id,
    object: 'webhook_delivery',
    event_id: delivery.eventId,
    type: delivery.type,
    status: delivery.status,
    endpoint: delivery.endpoint,
    url: delivery.url,
    job_id: delivery.jobId || null,
    created_at: new Date(delivery.createdAtMs).toISOString(),
    next_attempt_at: isPending ? new Date(delivery.nextAttemptAtMs).toISOString() : null,
    ended_at: delivery.endedAtMs === null ? null : new Date(delivery.endedAtMs).toISOString(),
    error: delivery.error,
    attempts: [...delivery.attempts],
  };
}
