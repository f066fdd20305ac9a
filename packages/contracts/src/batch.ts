import { z } from 'zod';
import { requestCountsSchema } from './batch-event.ts';
import { batchStatusSchema } from './batch-status.ts';

/** One fault of a batch's input. */
export const batchErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  param: z.string().nullable(),
  /** Line of the input file, from 1; null when it is not about one line. */
  line: z.number().int().nullable(),
});
export type BatchError = z.infer<typeof batchErrorSchema>;

const seconds = z.number().int();
const orNull = seconds.nullable();
const tokens = z.number().int().nonnegative();

/**
 * A batch as the API shows it: OpenAI's object, and fields of our own after `metadata`. Times are Unix seconds.
 * Source: OpenAI API reference, "The batch object".
 */
export const batchSchema = z.object({
  id: z.string(),
  object: z.literal('batch'),
  endpoint: z.string(),
  /** The model that all lines name; null when they name several or none. */
  model: z.string().nullable(),
  errors: z.object({ object: z.literal('list'), data: z.array(batchErrorSchema) }).nullable(),
  input_file_id: z.string(),
  completion_window: z.string(),
  status: batchStatusSchema,
  output_file_id: z.string().nullable(),
  error_file_id: z.string().nullable(),
  created_at: seconds,
  in_progress_at: orNull,
  expires_at: seconds,
  finalizing_at: orNull,
  completed_at: orNull,
  failed_at: orNull,
  expired_at: orNull,
  cancelling_at: orNull,
  cancelled_at: orNull,
  request_counts: requestCountsSchema,
  /** Sum over the lines that were answered; null before the first. */
  usage: z
    .object({
      input_tokens: tokens,
      input_tokens_details: z.object({ cached_tokens: tokens }),
      output_tokens: tokens,
      output_tokens_details: z.object({ reasoning_tokens: tokens }),
      total_tokens: tokens,
    })
    .nullable(),
  metadata: z.record(z.string(), z.string()).nullable(),
  tier: z.string(),
  lane: z.string(),
  route: z.string().nullable(),
  chain: z.array(z.string()).nullable(),
  tags: z.array(z.string()),
  /** Of all attempts of lines that have ended. */
  cost_usd: z.number().nonnegative().nullable(),
  /** The batch whose failed lines this one repeats. */
  retried_from: z.string().nullable(),
  links: z.object({ self: z.string(), events: z.string(), results: z.string(), cancel: z.string() }),
});
export type Batch = z.infer<typeof batchSchema>;
