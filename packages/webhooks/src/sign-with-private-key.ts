import { createPrivateKey, sign } from 'node:crypto';

/** `v1a,` and the base64 of the ed25519 signature. Source: Standard Webhooks v1, "Asymmetric signatures". */
export function signWithPrivateKey(secret: string, content: string): string {
  const bytes = Buffer.from(secret.slice('whsk_'.length), 'base64');
  const key = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'OKP',
      crv: 'Ed25519',
      d: bytes.subarray(0, 32).toString('base64url'),
      x: bytes.subarray(32).toString('base64url'),
    },
  });
  return `v1a,${sign(null, Buffer.from(content), key).toString('base64')}`;
}
