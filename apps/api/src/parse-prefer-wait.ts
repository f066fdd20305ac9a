/**
 * Milliseconds that `Prefer: wait=N` asks for, at most `maxMs`; null when it asks for none. Other preferences
 * and values that are no number are ignored, as RFC 7240 wants.
 */
export function parsePreferWaitMs(header: string | string[] | undefined, maxMs: number): number | null {
  const preferences = [header ?? []].flat().join(',').split(',');
  for (const preference of preferences) {
    const match = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(;.*)?$/i.exec(preference);
    if (match) return Math.min(Number(match[1]) * 1_000, maxMs);
  }
  return null;
}
