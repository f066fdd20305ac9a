import type { Operations } from '@sluice/broker';
import type { ProviderLimiter } from '@sluice/limiter';

const PUBLISH_EVERY_MS = 1_000;

/**
 * Tells once a second how a provider's limits stand, for processes that have no limiter. The returned function ends
 * it; what is under way is not waited for.
 */
export function publishLimiter({
  provider,
  limiter,
  operations,
  onError,
}: {
  provider: string;
  limiter: Pick<ProviderLimiter, 'report'>;
  operations: Pick<Operations, 'publishLimiter'>;
  onError: (error: unknown) => void;
}): () => void {
  let asking = false;
  const publish = async (): Promise<void> => {
    const { states, holders, pausedMs, rateShare, keysPausedMs } = await limiter.report();
    const limits = states.map(({ nextFreeMs, ...state }) => ({ ...state, next_free_ms: nextFreeMs }));
    await operations.publishLimiter(provider, {
      limits,
      holders,
      paused_ms: pausedMs,
      rate_share: rateShare,
      keys_paused_ms: keysPausedMs,
    });
  };
  const publishOnce = (): void => {
    if (asking) return;
    asking = true;
    publish()
      .catch(onError)
      .finally(() => (asking = false));
  };
  publishOnce();
  const timer = setInterval(publishOnce, PUBLISH_EVERY_MS);
  return () => clearInterval(timer);
}
