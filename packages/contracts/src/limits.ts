import { z } from 'zod';

const amount = z.number().positive();

/**
 * A provider's limits as the provider states them; the broker stays inside.
 * Given per provider, per model or per provider key; a missing field is no limit.
 */
export const limitsSchema = z.strictObject({
  requests_per_minute: amount.optional(),
  /** Input and output tokens together. */
  tokens_per_minute: amount.optional(),
  input_tokens_per_minute: amount.optional(),
  output_tokens_per_minute: amount.optional(),
  /** Days are UTC days. */
  requests_per_day: amount.optional(),
  /** Input and output tokens together. Days are UTC days. */
  tokens_per_day: amount.optional(),
  /** Calls in flight at once. */
  concurrency: z.number().int().positive().optional(),
  /** Tokens that may wait in the provider's own batch queue. */
  queued_batch_tokens: amount.optional(),
  /** Requests that may come at once after a pause. Default: 5 s worth, at least 1; at most 3 % of a window. */
  burst_requests: amount.optional(),
  /** Tokens that may come at once after a pause, of each kind. Default: 5 s worth; at most 3 % of a window. */
  burst_tokens: amount.optional(),
  /**
   * How the provider counts a minute: `bucket` refills all the time, `window` allows the limit in any 60 s and no
   * more. Default: `bucket`.
   */
  enforcement: z.enum(['bucket', 'window']).optional(),
  /**
   * What a call costs in the end: the tokens that it took, or at least the estimate with which it was admitted.
   * Default: `actual`.
   */
  token_accounting: z.enum(['actual', 'estimate']).optional(),
  /** How late and bunched calls may arrive at the provider, in milliseconds. */
  arrival_jitter_ms: z.number().int().nonnegative().max(10_000).default(250),
});
export type Limits = z.infer<typeof limitsSchema>;
