const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;
const GIVE_UP_AFTER_MS = 60_000;

/**
 * Repeats a write until Redis takes it, for a minute at most: an answer that was paid for is worth waiting for.
 * Only for scripts that are safe to repeat.
 */
export async function retryWhileRedisIsAway<Value>(work: () => Promise<Value>): Promise<Value> {
  const givingUpAt = performance.now() + GIVE_UP_AFTER_MS;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() + waitMs > givingUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}
