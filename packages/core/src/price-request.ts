import type { ModelEntry, Usage } from '@sluice/contracts';

export type PricedRequest = { known: true; costUsd: number } | { known: false; costUsd: null };

const TOKENS_PER_UNIT = 1_000_000;
/** Prices have at most a few decimals per million tokens; more digits are the noise of binary fractions. */
const DECIMALS = 12;

/**
 * What one request cost at list price. Unknown when the entry has no price.
 *
 * Cache tokens without a price of their own count as plain input. Cache writes are priced as the 5-minute kind:
 * usage does not tell the kinds apart. The long-context price holds for the whole request once its input is longer
 * than the threshold; cache prices rise with it in proportion unless it names its own.
 */
export function priceRequest({ usage, entry }: { usage: Usage; entry: ModelEntry }): PricedRequest {
  const { price } = entry;
  if (!price) return { known: false, costUsd: null };

  const long = price.long_context;
  const tier = long && usage.prompt_tokens > long.above_input_tokens ? long : price;
  const rise = price.input > 0 ? tier.input / price.input : 1;
  const ownRead = tier === long ? long.cache_read : undefined;
  const cacheRead = ownRead ?? (price.cache_read ?? price.input) * rise;
  const cacheWrite = (price.cache_write_5m ?? price.input) * rise;

  const cached = usage.cache_read_tokens + usage.cache_write_tokens;
  const plainInput = Math.max(0, usage.prompt_tokens - cached);
  const sum =
    plainInput * tier.input +
    usage.cache_read_tokens * cacheRead +
    usage.cache_write_tokens * cacheWrite +
    usage.completion_tokens * tier.output;
  return { known: true, costUsd: Number((sum / TOKENS_PER_UNIT).toFixed(DECIMALS)) };
}
