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
  /** Of `cache_write_tokens`, those that are kept for an hour and cost more; absent for none. */
  cache_write_1h_tokens: tokens.optional(),
  /** Of `prompt_tokens` and `completion_tokens`, those that are sound and priced so; absent for none. */
  audio_input_tokens: tokens.optional(),
  audio_output_tokens: tokens.optional(),
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

/** Sum of two usages, field by field; an optional field is there when either has it. */
export function addUsage(left: Usage, right: Usage): Usage {
  const sum: Usage = { ...left };
  for (const field of Object.keys(right) as (keyof Usage)[])
    sum[field] = (left[field] ?? 0) + (right[field] ?? 0);
  return sum;
}
