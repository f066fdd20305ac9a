import { z } from 'zod';

const tokens = z.number().int().nonnegative();

/**
 * Tokens of one attempt or job. `prompt_tokens` contains both cache figures, `completion_tokens` contains
 * `reasoning_tokens`, and `total_tokens` is their sum, whatever the vendor's own arithmetic is.
 */
export const usageSchema = z.object({
  prompt_tokens: tokens,
  completion_tokens: tokens,
  reasoning_tokens: tokens,
  cache_read_tokens: tokens,
  cache_write_tokens: tokens,
  total_tokens: tokens,
});
export type Usage = z.infer<typeof usageSchema>;

export const ZERO_USAGE: Readonly<Usage> = Object.freeze({
  prompt_tokens: 0,
  completion_tokens: 0,
  reasoning_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  total_tokens: 0,
});

/** Sum of two usages, field by field. */
export function addUsage(left: Usage, right: Usage): Usage {
  return {
    prompt_tokens: left.prompt_tokens + right.prompt_tokens,
    completion_tokens: left.completion_tokens + right.completion_tokens,
    reasoning_tokens: left.reasoning_tokens + right.reasoning_tokens,
    cache_read_tokens: left.cache_read_tokens + right.cache_read_tokens,
    cache_write_tokens: left.cache_write_tokens + right.cache_write_tokens,
    total_tokens: left.total_tokens + right.total_tokens,
  };
}
