import { randomBytes } from 'node:crypto';

/** `whsec_` and the base64 of 32 random bytes. Source: Standard Webhooks v1, "Signature scheme" (24 to 64 bytes). */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}
