import { Webhook } from 'standardwebhooks';

export interface WebhookSignatureHeaders {
  'webhook-id': string;
  /** Unix seconds of the attempt. */
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/**
 * The headers that prove an attempt to its receiver, who refuses a timestamp off by more than 5 minutes: sign anew
 * for each attempt. Source: Standard Webhooks v1, "Webhook headers".
 */
export function signWebhook({
  secret,
  eventId,
  body,
  attemptedAtMs,
}: {
  /** `whsec_…` */
  secret: string;
  eventId: string;
  body: string;
  attemptedAtMs: number;
}): WebhookSignatureHeaders {
  return {
    'webhook-id': eventId,
    'webhook-timestamp': String(Math.floor(attemptedAtMs / 1_000)),
    'webhook-signature': new Webhook(secret).sign(eventId, new Date(attemptedAtMs), body),
  };
}
