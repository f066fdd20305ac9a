import { z } from 'zod';

const perMinute = z.number().positive();

/**
 * A provider's limits as the provider states them; the broker stays inside.
 * Given per provider, per model or per provider key; a missing field is no limit.
 */
export const limitsSchema = z.strictObject({
  requests_per_minute: perMinute.optional(),
  /** Input and output tokens together. */
  tokens_per_minute: perMinute.optional(),
  /** Calls in flight at once. */
  concurrency: z.number().int().positive().optional(),
  /** Requests that may come at once after a pause. Default: 5 s worth, at least 1. */
  burst_requests: z.number().positive().optional(),
  /** Tokens that may come at once after a pause. Default: 5 s worth. */
  burst_tokens: z.number().positive().optional(),
  /** How late and bunched calls may arrive at the provider, in milliseconds. */
  arrival_jitter_ms: z.number().int().nonnegative().max(10_000).default(250),
});
export type Limits = z.infer<typeof limitsSchema>;

/** Limits that the contract names and this release does not enforce: refused at boot rather than ignored. */
export const UNSUPPORTED_LIMITS = [
  'input_tokens_per_minute',
  'output_tokens_per_minute',
  'requests_per_day',
  'tokens_per_day',
  'queued_batch_tokens',
  'enforcement',
] as const;
