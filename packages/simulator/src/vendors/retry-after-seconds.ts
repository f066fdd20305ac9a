/** Whole seconds for a `retry-after` header, rounded up so that nobody comes too early. */
export function retryAfterSeconds(retryAfterMs: number): string {
  return String(Math.max(retryAfterMs > 0 ? 1 : 0, Math.ceil(retryAfterMs / 1_000)));
}
