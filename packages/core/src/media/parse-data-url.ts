export type DataUrl =
  | {
      status: 'ok';
      /** As declared, lower case; `text/plain` when the URL names none (RFC 2397). */
      mediaType: string;
      /** Standard alphabet, padded. */
      base64: string;
      /** Length of the decoded data. */
      bytes: number;
    }
  | { status: 'malformed'; why: string };

/** Reads `data:<media type>;base64,…`. Data URLs in percent encoding are refused: no vendor takes them. */
export function parseDataUrl(url: string): DataUrl {
  const comma = url.indexOf(',');
  if (!/^data:/i.test(url) || comma < 0) return { status: 'malformed', why: 'it is no data URL' };
  const [type = '', ...parameters] = url.slice('data:'.length, comma).split(';');
  if (parameters.at(-1)?.trim().toLowerCase() !== 'base64')
    return { status: 'malformed', why: 'its data is not marked as base64' };
  const bare = url.slice(comma + 1).replace(/={1,2}$/, '');
  if (bare === '') return { status: 'malformed', why: 'it holds no data' };
  if (bare.length % 4 === 1 || !/^[A-Za-z0-9+/]+$/.test(bare))
    return { status: 'malformed', why: 'its data is not base64' };
  return {
    status: 'ok',
    mediaType: type.trim().toLowerCase() || 'text/plain',
    base64: bare.padEnd(Math.ceil(bare.length / 4) * 4, '='),
    bytes: Math.floor((bare.length * 3) / 4),
  };
}
