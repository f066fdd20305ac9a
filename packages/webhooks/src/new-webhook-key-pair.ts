import { generateKeyPairSync } from 'node:crypto';

/**
 * A secret for signatures `v1a`: `whsk_` and the base64 of ed25519's 32-byte seed and 32-byte public key, in the form
 * in which Standard Webhooks' libraries take it.
 */
export function newWebhookKeyPair(): string {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const [seed, open] = [jwk.d, jwk.x].map((part) => Buffer.from(part ?? '', 'base64url')) as [Buffer, Buffer];
  return `whsk_${Buffer.concat([seed, open]).toString('base64')}`;
}
