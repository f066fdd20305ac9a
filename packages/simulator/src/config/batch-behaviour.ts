import { z } from 'zod';

const share = z.number().min(0).max(1).default(0);
const milliseconds = z
  .number()
  .nonnegative()
  .max(365 * 86_400_000);
const count = z.number().int().positive();

/**
 * How an account's Batch API behaves. Times are the simulated vendor's; `time_scale` makes them shorter. A batch keeps
 * the behaviour that it was created under.
 */
export const batchBehaviourSchema = z.strictObject({
  /** Simulated milliseconds in a real one: at 3,600 a batch of an hour takes a second. Default: 1. */
  time_scale: z.number().positive().default(1),
  /** From the create call to the start, while OpenAI checks the file. Default: 0. */
  validating_ms: milliseconds.default(0),
  /** From the start until the last line is answered, drawn per batch; lines end evenly over it. Default: 0. */
  processing_ms: z
    .strictObject({ min: milliseconds.default(0), max: milliseconds.default(0) })
    .refine(({ min, max }) => min <= max, 'min must not be above max')
    .prefault({}),
  /** From the last line until results can be read. Default: 0. */
  finalizing_ms: milliseconds.default(0),
  /** From the request to cancel until the batch has ended. Default: 0. */
  cancelling_ms: milliseconds.default(0),
  /** After creation; lines that have no answer by then expire. Default: the vendor's, 24 h (Gemini 48 h). */
  window_ms: milliseconds.positive().optional(),
  /** Share of the lines that fail with the vendor's 500. */
  failed_share: share,
  /** Share of the lines that the model declines. */
  refused_share: share,
  /** Share of the lines that are never run: their batch lasts until its window ends. */
  expired_share: share,
  /** Share of the lines that run, are paid for and have no result. */
  missing_share: share,
  /** Share of the lines whose result is in the file twice. */
  doubled_share: share,
  /** Batches that stop running once this share of their lines is answered, and only end by expiry or cancel. */
  stalls: z
    .strictObject({
      at: z.number().min(0).max(1).default(0),
      /** Share of the batches. Default: all. */
      probability: z.number().min(0).max(1).default(1),
      /** How many batches stall before it ends. Default: no end. */
      times: count.optional(),
    })
    .optional(),
  /** Results in the order of the lines. Default: only Gemini's are. */
  in_order: z.boolean().default(false),
  /** Default: the vendor's own: OpenAI 50,000 and 200 MB, Anthropic 100,000 and 256 MB, Gemini 2 GB. */
  max_lines: count.optional(),
  max_bytes: count.optional(),
});
export type BatchBehaviour = z.infer<typeof batchBehaviourSchema>;
export type BatchBehaviourInput = z.input<typeof batchBehaviourSchema>;
