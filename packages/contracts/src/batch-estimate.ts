import { z } from 'zod';
import { batchErrorSchema } from './batch.ts';
import { fileBatchSchema } from './batch-submission.ts';

/** The query of `POST /v1/batches/estimate`: the options of a batch that decide what its lines become. */
export const batchEstimateQuerySchema = fileBatchSchema.pick({
  endpoint: true,
  completion_window: true,
  within: true,
  tier: true,
  route: true,
  lane: true,
});

const count = z.number().int().nonnegative();
const usd = z.number().nonnegative().nullable();

/** What a batch of a file would be: what is wrong with its lines, and what those that are right would take. */
export const batchEstimateSchema = z.object({
  object: z.literal('batch_estimate'),
  /** Lines that are not blank. */
  lines: count,
  errors: z.object({ object: z.literal('list'), data: z.array(batchErrorSchema) }).meta({
    description: 'The first hundred. A batch with one error fails as a whole.',
  }),
  error_counts: z.record(z.string(), count).meta({ description: 'Of all lines, by code.' }),
  input_tokens: count,
  output_tokens: count.meta({
    description: 'As many as `max_tokens` allows; without it, what such requests take as a rule.',
  }),
  cost_usd: usd.meta({
    description: 'In the lane in which each line would begin now; null when one has no price.',
  }),
  live_cost_usd: usd.meta({ description: 'The same if all of them ran live.' }),
  targets: z.record(z.string(), count).meta({
    description: 'Lines by the target that would be asked first; the hundred that most lines go to.',
  }),
  lanes: z.record(z.string(), count),
});
export type BatchEstimate = z.infer<typeof batchEstimateSchema>;
