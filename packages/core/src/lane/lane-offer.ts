import type { Config, ModelEntry, ProviderKind } from '@sluice/contracts';

/** What a target can be run as beside a live call. */
export interface LaneOffer {
  flex: boolean;
  batch: boolean;
}

const WITH_BATCH_API: ReadonlySet<ProviderKind> = new Set(['openai', 'anthropic', 'google']);
const WITH_FLEX_TIER: ReadonlySet<ProviderKind> = new Set(['openai', 'google']);

/**
 * The catalogue says what a model is sold as: a price of its own for a lane means that the vendor offers it.
 * `batch: false` of a provider's configuration takes its Batch API away.
 */
export function laneOffer(
  provider: Pick<Config['providers'][string], 'kind' | 'batch'> | undefined,
  { price }: ModelEntry,
): LaneOffer {
  if (!provider) return { flex: false, batch: false };
  return {
    flex: WITH_FLEX_TIER.has(provider.kind) && price?.flex_input !== undefined,
    batch: WITH_BATCH_API.has(provider.kind) && provider.batch !== false && price?.batch_input !== undefined,
  };
}
