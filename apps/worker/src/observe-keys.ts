import type { Logger, Metrics } from '@sluice/runtime';
import type { KeyPoolOptions } from './key-pool.ts';

/** Turns what happens to a provider's keys into metrics, and one log line for each key that is retired. */
export function observeKeys({
  metrics,
  logger,
  provider,
}: {
  metrics: Metrics;
  logger: Logger;
  provider: string;
}): Pick<KeyPoolOptions, 'onRetired' | 'onUsable'> {
  return {
    onRetired({ key, reason, message }) {
      metrics.providerKeyRetired({ provider, key, reason });
      logger.error(
        { alert: 'provider_key_retired', provider, keyName: key, reason, said: message },
        'a provider key is refused and out of use: replace it, or set it to active when it is mended',
      );
    },
    onUsable: (count) => metrics.providerKeysUsable({ provider, count }),
  };
}
