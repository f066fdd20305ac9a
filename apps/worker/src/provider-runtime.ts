import type { ProviderConfig, Timeouts } from '@sluice/contracts';
import type { ProviderLimiter } from '@sluice/limiter';
import type { KeyPool } from './key-pool.ts';

/** One provider as a worker process holds it. */
export interface ProviderRuntime {
  name: string;
  kind: ProviderConfig['kind'];
  /** The keys that calls are made with, each with an adapter of its own. */
  keys: KeyPool;
  limiter: ProviderLimiter;
  timeouts: Timeouts;
}
