/** The parts of a base64 data URL; null when it is none. */
export function parseDataUrl(url: string): { mediaType: string; data: string } | null {
  const match = /^data:([^;,]+)(?:;[^;,]+)*;base64,/.exec(url.slice(0, 256));
  if (!match) return null;
  return { mediaType: match[1]!.toLowerCase(), data: url.slice(match[0].length) };
}
