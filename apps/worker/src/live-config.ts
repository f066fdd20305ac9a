import { followLimitOverrides, type LimitOverrides, type Operations } from '@sluice/broker';
import type { Config } from '@sluice/contracts';
import { withLimitOverrides } from '@sluice/core';
import type { Redis } from 'ioredis';

export interface LiveConfig {
  /** The configuration in force, overrides included. */
  current(): Config;
  /** Takes a reloaded file. */
  reload(config: Config): void;
  /** Hears of changed overrides from now on; the subscriber must be subscribed to the control channel. Borrowed. */
  follow(subscriber: Redis): void;
  close(): void;
}

/**
 * The configuration as it is in force in this process: the file, and over it the limits that administrators set.
 * These are read first, so that nothing is called under limits that were replaced.
 */
export async function openLiveConfig({
  config,
  operations,
  onChange,
  onError,
}: {
  config: Config;
  operations: Pick<Operations, 'limitOverrides'>;
  onChange: (config: Config) => void;
  onError: (error: unknown) => void;
}): Promise<LiveConfig> {
  let file = config;
  let overrides: LimitOverrides = await operations.limitOverrides();
  let stop: (() => void) | null = null;
  const current = (): Config => withLimitOverrides(file, overrides);
  return {
    current,
    reload(next) {
      file = next;
      onChange(current());
    },
    follow(subscriber) {
      stop = followLimitOverrides(subscriber, {
        read: operations.limitOverrides,
        onOverrides: (next) => {
          if (JSON.stringify(next) === JSON.stringify(overrides)) return;
          overrides = next;
          onChange(current());
        },
        onError,
      });
    },
    close: () => stop?.(),
  };
}
