import { parseDataUrl, sniffMediaType, SNIFFED_BYTES } from '@sluice/core';

/** A data URL with the media type that its bytes have, where they tell; any other URL as it is. */
export function honestDataUrl(url: string): string {
  if (!/^data:/i.test(url)) return url;
  const data = parseDataUrl(url);
  if (data.status === 'malformed') return url;
  const found = sniffMediaType(Buffer.from(data.base64.slice(0, Math.ceil(SNIFFED_BYTES / 3) * 4), 'base64'));
  return found === null || found === data.mediaType ? url : `data:${found};base64,${data.base64}`;
}
