import { Webhook } from 'standardwebhooks';
import { signWithPrivateKey } from './sign-with-private-key.ts';

export interface WebhookSignatureHeaders {
  'webhook-id': string;
  /** Unix seconds of the attempt. */
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/**
 * The headers that prove an attempt to its receiver, who refuses a timestamp off by more than 5 minutes: sign anew
 * for each attempt. Each secret makes one signature, so that during a rotation the old and the new one verify.
 * Source: Standard Webhooks v1, "Webhook headers".
 */
export function signWebhook({
  secrets,
  eventId,
  body,
  attemptedAtMs,
}: {
  /** `whsec_…` (signature `v1`) or `whsk_…` (`v1a`), the newest first. */
  secrets: readonly string[];
  eventId: string;
  body: string;
  attemptedAtMs: number;
}): WebhookSignatureHeaders {
  const sign = (secret: string): string =>
    secret.startsWith('whsk_')
      ? signWithPrivateKey(secret, `${eventId}.${Math.floor(attemptedAtMs / 1_000)}.${body}`)
      : new Webhook(secret).sign(eventId, new Date(attemptedAtMs), body);
  return {
    'webhook-id': eventId,
    'webhook-timestamp': String(Math.floor(attemptedAtMs / 1_000)),
    'webhook-signature': secrets.map(sign).join(' '),
  };
}
