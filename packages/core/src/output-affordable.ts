import type { ModelEntry } from '@sluice/contracts';

const TOKENS_PER_UNIT = 1_000_000;

/** Output tokens that may come before a call with so many input tokens costs more; infinite where no price is known. */
export function outputAffordable({
  maxCostUsd,
  input,
  entry: { price },
}: {
  maxCostUsd: number;
  input: number;
  entry: ModelEntry;
}): number {
  if (!price || price.output === 0) return Infinity;
  const left = maxCostUsd * TOKENS_PER_UNIT - input * price.input;
  return Math.max(0, Math.floor(left / price.output));
}
