const MAX_MS = 86_400_000;

/**
 * How long the vendor asks to wait, in milliseconds; null when it does not say. Reads `retry-after-ms` (OpenAI),
 * then `retry-after` as seconds or as an HTTP date (RFC 9110, 10.2.3). At most a day; a past date is 0.
 */
export function retryAfterMs(
  header: (name: string) => string | null | undefined,
  nowMs: number = Date.now(),
): number | null {
  const exact = number(header('retry-after-ms'));
  if (exact !== null) return clamp(exact);
  const text = header('retry-after');
  const seconds = number(text);
  if (seconds !== null) return clamp(seconds * 1_000);
  const date = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : clamp(date - nowMs);
}

function number(text: string | null | undefined): number | null {
  return text && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : null;
}

function clamp(ms: number): number {
  return Math.min(MAX_MS, Math.max(0, Math.ceil(ms)));
}
