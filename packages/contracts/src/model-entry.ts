import { z } from 'zod';
import { limitsSchema } from './limits.ts';
import { modelClassSchema } from './model-class.ts';
import { regionSchema } from './region.ts';
import { TASKS } from './task.ts';

const perMillionTokens = z.number().nonnegative();

/** US dollars per million tokens. */
export const priceSchema = z.strictObject({
  input: perMillionTokens,
  output: perMillionTokens,
  cache_read: perMillionTokens.optional(),
  cache_write_5m: perMillionTokens.optional(),
  cache_write_1h: perMillionTokens.optional(),
  /** Of sound; absent: as text. */
  audio_input: perMillionTokens.optional(),
  audio_output: perMillionTokens.optional(),
  /** Of the vendor's Batch API and of its service tiers; absent: not offered, or at list price. */
  batch_input: perMillionTokens.optional(),
  batch_output: perMillionTokens.optional(),
  flex_input: perMillionTokens.optional(),
  flex_output: perMillionTokens.optional(),
  priority_input: perMillionTokens.optional(),
  priority_output: perMillionTokens.optional(),
  /** Prices that hold for the whole request when its input is longer than this. */
  long_context: z
    .strictObject({
      above_input_tokens: z.number().int().positive(),
      input: perMillionTokens,
      output: perMillionTokens,
      cache_read: perMillionTokens.optional(),
    })
    .optional(),
});
export type Price = z.infer<typeof priceSchema>;

const score = z.number().min(0).max(1);

/** How good its answers are, 0 to 1: by default, and for single tasks. */
export const qualityScoresSchema = z.strictObject({
  default: score.optional(),
  ...(Object.fromEntries(TASKS.map((task) => [task, score.optional()])) as Record<
    (typeof TASKS)[number],
    z.ZodOptional<typeof score>
  >),
});
export type QualityScores = z.infer<typeof qualityScoresSchema>;

/** One model as the catalogue knows it; `sluice.yaml` may override any field. */
export const modelEntrySchema = z.strictObject({
  max_input_tokens: z.number().int().positive().optional(),
  max_output_tokens: z.number().int().positive().optional(),
  price: priceSchema.optional(),
  supports: z.array(z.string()).optional(),
  /** Parameters or features that the model refuses, for example `sampling_params`. */
  rejects: z.array(z.string()).optional(),
  class: modelClassSchema.optional(),
  quality: qualityScoresSchema.optional(),
  /** Where this model runs, when that is not as its provider says. */
  region: regionSchema.optional(),
  /** As at the provider; over it. */
  zero_retention: z.boolean().optional(),
  limits: limitsSchema.optional(),
});
export type ModelEntry = z.infer<typeof modelEntrySchema>;
