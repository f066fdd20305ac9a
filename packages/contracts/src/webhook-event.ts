import { z } from 'zod';
import { batchSchema } from './batch.ts';
import { jobSchema } from './job.ts';
import { webhookEndpointSchema } from './webhook-endpoint.ts';

/** `data` above 256 KB: where to read the rest. */
export const thinJobSchema = z.object({
  id: z.string(),
  status: z.string(),
  result_url: z.string(),
});

/**
 * The body of a webhook. Satisfies Standard Webhooks (`type`, `timestamp`, `data`) and OpenAI's clients
 * (`object`, `id`, `created_at`) at once.
 */
export const webhookEventSchema = z.object({
  type: z.string(),
  timestamp: z.iso.datetime(),
  object: z.literal('event'),
  id: z.string(),
  /** Unix seconds. */
  created_at: z.number().int(),
  data: z.union([jobSchema, thinJobSchema, batchSchema, webhookEndpointSchema]),
});
export type WebhookEvent = z.infer<typeof webhookEventSchema>;
