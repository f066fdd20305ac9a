import { z } from 'zod';
import { tierSchema } from './tier.ts';

/** How much waits at a provider in one tier, and how many workers it wants. */
export const queueStatusSchema = z.object({
  object: z.literal('queue'),
  provider: z.string(),
  tier: tierSchema,
  depth: z.number().int().meta({ description: 'Jobs that wait and may start now.' }),
  tokens: z.number().meta({ description: 'Tokens that these are expected to take.' }),
  oldest_wait_ms: z.number().int(),
  backlog_seconds: z
    .number()
    .nullable()
    .meta({ description: 'Until all that wait now have started; null while that is not known.' }),
  wanted_workers: z
    .number()
    .int()
    .meta({ description: 'Worker processes that this tier can keep busy within the limits.' }),
});
export type QueueStatus = z.infer<typeof queueStatusSchema>;
