import type { ProviderLimiter } from '@sluice/limiter';

/** When a light call of a model with a key could start, in milliseconds; null when Redis does not say. */
export async function startsInMs(
  limiter: Pick<ProviderLimiter, 'report'>,
  { model, key }: { model: string; key: string },
): Promise<number | null> {
  try {
    const { states, pausedMs } = await limiter.report();
    const own = states.filter(
      (state) =>
        state.dimension !== 'queued_batch_tokens' &&
        (state.scope === 'provider' || state.model === model || state.key === key),
    );
    return Math.max(pausedMs, ...own.map(({ nextFreeMs }) => nextFreeMs));
  } catch {
    return null;
  }
}
