import type { ChatRequest, Lane, ModelEntry } from '@sluice/contracts';
import { estimateTokens, type EstimateOptions } from './estimate-tokens.ts';
import { priceRequest } from './price-request.ts';
import { thinkingOnTop } from './thinking-on-top.ts';

export interface CostBounds {
  /** With the answer's expected length. */
  expectedUsd: number;
  /** With the longest answer that the request and the model allow, its prompt written to the dearest cache. */
  worstUsd: number;
}

/** Prompts of models that have not been observed stray from the usual number of bytes per token. */
const WORST_MARGIN = 0.5;

/** What one call of a request can cost; null when the model has no price. Pure. */
export function costBounds(
  request: ChatRequest,
  entry: ModelEntry,
  { lane, ...estimate }: EstimateOptions & { lane?: Lane } = {},
): CostBounds | null {
  const expected = estimateTokens(request, estimate);
  const worst = estimateTokens(request, {
    ...estimate,
    margin: Math.max(estimate.margin ?? 0, WORST_MARGIN),
  });
  const isBounded = (request.max_completion_tokens ?? request.max_tokens) !== undefined;
  const longest = isBounded
    ? worst.output + thinkingOnTop(request, { entry, vendor: estimate.vendor })
    : Math.max(worst.output, (entry.max_output_tokens ?? 0) * (request.n ?? 1));
  const cost = (input: number, output: number, cached: number): number | null =>
    priceRequest({
      entry,
      lane,
      serviceTier: request.service_tier,
      usage: {
        prompt_tokens: input,
        completion_tokens: output,
        reasoning_tokens: 0,
        cache_read_tokens: 0,
        cache_write_tokens: cached,
        total_tokens: input + output,
      },
    }).costUsd;
  const expectedUsd = cost(expected.input, expected.output, 0);
  const uncachedUsd = cost(worst.input, longest, 0);
  const cachedUsd = cost(worst.input, longest, worst.input);
  if (expectedUsd === null || uncachedUsd === null || cachedUsd === null) return null;
  return { expectedUsd, worstUsd: Math.max(uncachedUsd, cachedUsd) };
}
