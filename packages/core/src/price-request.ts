import type { Lane, ModelEntry, Price, Usage } from '@sluice/contracts';

export type PricedRequest = { known: true; costUsd: number } | { known: false; costUsd: null };

export interface RequestToPrice {
  usage: Usage;
  entry: ModelEntry;
  /** How the broker ran it. Default: live. */
  lane?: Lane | undefined;
  /** The tier that the answer names (`service_tier`), which is what is billed; it may differ from the one asked for. */
  serviceTier?: string | null | undefined;
}

const TOKENS_PER_UNIT = 1_000_000;
/** Prices have at most a few decimals per million tokens; more digits are the noise of binary fractions. */
const DECIMALS = 12;
/** What an hour's cache entry costs over plain input where the list has no price of its own. Source: Anthropic. */
const HOUR_OVER_INPUT = 2;

/**
 * What one request cost at list price. Unknown when the entry has no price.
 *
 * Cache tokens without a price of their own count as plain input, sound as text. The long-context price holds for
 * the whole request once its input is longer than the threshold; batch, flex and priority have their own prices for
 * input and output. Cache and audio prices rise or fall with the input in proportion unless the list names them.
 */
export function priceRequest({ usage, entry, lane, serviceTier }: RequestToPrice): PricedRequest {
  const { price } = entry;
  if (!price) return { known: false, costUsd: null };

  const long = price.long_context;
  const isLong = long !== undefined && usage.prompt_tokens > long.above_input_tokens;
  const tier = tierRates(price, { lane, serviceTier });
  const inputRate = tier.input * (isLong ? over(long.input, price.input) : 1);
  const outputRate = tier.output * (isLong ? over(long.output, price.output) : 1);
  const rise = over(inputRate, price.input);
  const ownRead =
    isLong && long.cache_read !== undefined ? long.cache_read * over(tier.input, price.input) : null;

  const hourly = Math.min(usage.cache_write_1h_tokens ?? 0, usage.cache_write_tokens);
  const audioIn = Math.min(usage.audio_input_tokens ?? 0, usage.prompt_tokens);
  const audioOut = Math.min(usage.audio_output_tokens ?? 0, usage.completion_tokens);
  const cached = usage.cache_read_tokens + usage.cache_write_tokens;
  const sum =
    Math.max(0, usage.prompt_tokens - cached - audioIn) * inputRate +
    usage.cache_read_tokens * (ownRead ?? (price.cache_read ?? price.input) * rise) +
    (usage.cache_write_tokens - hourly) * (price.cache_write_5m ?? price.input) * rise +
    hourly * hourRate(price) * rise +
    audioIn * (price.audio_input ?? price.input) * rise +
    (usage.completion_tokens - audioOut) * outputRate +
    audioOut * (price.audio_output ?? price.output) * over(outputRate, price.output);
  return { known: true, costUsd: Number((sum / TOKENS_PER_UNIT).toFixed(DECIMALS)) };
}

function hourRate(price: Price): number {
  if (price.cache_write_1h !== undefined) return price.cache_write_1h;
  return price.cache_write_5m === undefined ? price.input : price.input * HOUR_OVER_INPUT;
}

/** A price of one kind without the other leaves the other at list price. */
function tierRates(
  price: Price,
  { lane, serviceTier }: Pick<RequestToPrice, 'lane' | 'serviceTier'>,
): { input: number; output: number } {
  const { input, output } = price;
  if (lane === 'batch' || serviceTier === 'batch') {
    return { input: price.batch_input ?? input, output: price.batch_output ?? output };
  }
  if (serviceTier === 'flex')
    return { input: price.flex_input ?? input, output: price.flex_output ?? output };
  if (serviceTier === 'priority') {
    return { input: price.priority_input ?? input, output: price.priority_output ?? output };
  }
  return { input, output };
}

function over(part: number, whole: number): number {
  return whole > 0 ? part / whole : 1;
}
