/** `whpk_…` of a `whsk_…`; null for a shared secret. */
export function publicKeyOf(secret: string): string | null {
  if (!secret.startsWith('whsk_')) return null;
  const bytes = Buffer.from(secret.slice('whsk_'.length), 'base64');
  return `whpk_${bytes.subarray(32).toString('base64')}`;
}
