const LOOK_EVERY_MS = 20;

/** Asks again and again until there is an answer; rejects after `timeoutMs` naming what was waited for. */
export async function until<Value>(
  ask: () => Promise<Value | null | false> | Value | null | false,
  { timeoutMs = 30_000, what }: { timeoutMs?: number; what: string },
): Promise<Value> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
