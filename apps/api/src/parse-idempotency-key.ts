import { ApiError } from '@sluice/contracts';

/** The `Idempotency-Key` header, quoted (as the IETF draft writes it) or bare; null when it is not sent. */
export function parseIdempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  const quoted = /^"(.*)"$/.exec(header.trim());
  const key = quoted ? (quoted[1] as string) : header.trim();
  if (!/^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(key)) {
    throw new ApiError('invalid_request', 'Idempotency-Key must be 1 to 255 printable ASCII characters.', {
      param: 'Idempotency-Key',
    });
  }
  return key;
}
