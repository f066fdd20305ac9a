import type { ProviderConfig, Timeouts } from '@sluice/contracts';
import type { ProviderLimiter } from '@sluice/limiter';
import type { ProviderAdapter } from '@sluice/providers';

/** One provider as a worker process holds it. */
export interface ProviderRuntime {
  name: string;
  kind: ProviderConfig['kind'];
  adapter: ProviderAdapter;
  limiter: ProviderLimiter;
  /** Name of the key that calls are made with; never its value. */
  keyName: string;
  region: string | null;
  timeouts: Timeouts;
}
