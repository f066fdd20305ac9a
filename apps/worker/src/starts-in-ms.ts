import type { LimitState, ProviderLimiter } from '@sluice/limiter';

/** When a light call of a model with the best of some keys could start, in milliseconds; null when Redis does not say. */
export async function startsInMs(
  limiter: Pick<ProviderLimiter, 'report'>,
  { model, keys }: { model: string; keys: readonly string[] },
): Promise<number | null> {
  // There is nothing to wait for: the job fails over from there, as it would from here.
  if (keys.length === 0) return null;
  try {
    const { states, pausedMs, keysPausedMs } = await limiter.report();
    const longest = (isMeant: (state: LimitState) => boolean): number =>
      Math.max(
        0,
        ...states
          .filter((state) => state.dimension !== 'queued_batch_tokens' && isMeant(state))
          .map(({ nextFreeMs }) => nextFreeMs),
      );
    const shared = longest((state) => state.scope === 'provider' || state.model === model);
    const ofKeys = keys.map((key) =>
      Math.max(
        keysPausedMs[key] ?? 0,
        longest((state) => state.key === key),
      ),
    );
    return Math.max(pausedMs, shared, Math.min(...ofKeys));
  } catch {
    return null;
  }
}
