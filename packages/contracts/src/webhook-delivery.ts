import { z } from 'zod';

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** One try, in the form in which it is stored and shown. */
export const deliveryAttemptSchema = z.object({
  n: z.number().int().positive(),
  at: z.iso.datetime(),
  http_status: z.number().int().nullable().meta({ description: 'Null when there was no answer.' }),
  duration_ms: z.number(),
  error: z.string().nullable().meta({ description: 'Null when it was delivered.' }),
  response: z.string().nullable().meta({ description: 'The first 20 KB of the answer.' }),
});
export type DeliveryAttempt = z.infer<typeof deliveryAttemptSchema>;

/** One event on its way to one receiver, as the API shows it. */
export const webhookDeliverySchema = z.object({
  id: z.string(),
  object: z.literal('webhook_delivery'),
  event_id: z.string().meta({ description: 'The header `webhook-id`: the same for every receiver and try.' }),
  type: z.string(),
  status: z.enum(DELIVERY_STATUSES),
  endpoint: z.string().nullable().meta({ description: 'Null for a URL that came with the job.' }),
  url: z.string(),
  job_id: z.string().nullable(),
  created_at: z.iso.datetime(),
  next_attempt_at: z.iso.datetime().nullable().meta({ description: 'Null when it has ended.' }),
  ended_at: z.iso.datetime().nullable(),
  error: z.string().nullable().meta({ description: 'Why it failed for good.' }),
  attempts: z.array(deliveryAttemptSchema),
});
export type ShownWebhookDelivery = z.infer<typeof webhookDeliverySchema>;

/** Answer of `POST /v1/webhook_endpoints/{id}/recover`. */
export const webhookRecoverySchema = z.object({
  object: z.literal('webhook_recovery'),
  endpoint: z.string(),
  recovered: z.number().int().meta({ description: 'Failed deliveries that were queued again.' }),
  skipped: z.number().int().meta({ description: 'Those whose event can no longer be rendered.' }),
  has_more: z.boolean(),
  next_after: z
    .string()
    .nullable()
    .meta({ description: 'Send it as `after` to go on; null when all were seen.' }),
});
