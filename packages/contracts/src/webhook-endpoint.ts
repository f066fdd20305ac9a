import { z } from 'zod';
import { BATCH_EVENT_TYPES, TERMINAL_BATCH_EVENT_TYPES } from './batch-event.ts';
import { DEFAULT_WEBHOOK_EVENT_TYPES, WEBHOOK_EVENT_TYPES } from './webhook-event-types.ts';

/** Everything that an endpoint may subscribe to. A `ping` is sent to the endpoint that asks for it, whatever it names. */
export const ENDPOINT_EVENT_TYPES = [
  ...WEBHOOK_EVENT_TYPES,
  ...BATCH_EVENT_TYPES,
  'webhook_endpoint.disabled',
] as const;

/** What an endpoint gets that names no events: the ends of jobs and batches, and that another endpoint was disabled. */
export const DEFAULT_ENDPOINT_EVENT_TYPES = [
  ...DEFAULT_WEBHOOK_EVENT_TYPES,
  ...TERMINAL_BATCH_EVENT_TYPES,
  'webhook_endpoint.disabled',
] as const;

/**
 * Headers that describe the connection or the message, or that prove it: ours alone. `authorization` and the like are
 * the caller's to set; their values are never shown again.
 */
const OWN_HEADER =
  /^(host|content-.*|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|via|forwarded|x-forwarded-.*|proxy-.*|webhook-.*)$/i;

export const webhookHeadersSchema = z
  .record(
    z
      .string()
      .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/, 'must be a header name')
      .refine((name) => !OWN_HEADER.test(name), 'is a header that Sluice sets itself'),
    z.string().regex(/^[\t\x20-\x7e]{0,1024}$/, 'must be printable ASCII of at most 1,024 characters'),
  )
  .refine((headers) => Object.keys(headers).length <= 16, 'must hold at most 16 headers');

const fields = {
  url: z.string().max(2048).meta({ description: 'An http or https URL; private addresses are refused.' }),
  events: z
    .array(z.enum(ENDPOINT_EVENT_TYPES as unknown as [string, ...string[]]))
    .max(ENDPOINT_EVENT_TYPES.length)
    .meta({
      description:
        'Events of the tenant that are sent here. Empty: only those of jobs that name this endpoint.',
    }),
  description: z.string().max(512),
  headers: webhookHeadersSchema.meta({ description: 'Sent with every delivery.' }),
  rate_limit_per_second: z.number().int().min(1).max(10_000).nullable(),
  concurrency: z.number().int().min(1).max(64).meta({ description: 'Deliveries under way at once.' }),
  thin: z.boolean().meta({ description: 'Send ids only: `{id, status, result_url}`.' }),
  coalesce_batches: z.boolean().meta({
    description: 'Send no events of jobs that are lines of a batch: the events of the batch stand for them.',
  }),
};

/** The body of `POST /v1/webhook_endpoints`. */
export const newWebhookEndpointSchema = z.strictObject({
  url: fields.url,
  events: fields.events.default([...DEFAULT_ENDPOINT_EVENT_TYPES]),
  description: fields.description.default(''),
  headers: fields.headers.default({}),
  rate_limit_per_second: fields.rate_limit_per_second.default(null),
  concurrency: fields.concurrency.optional(),
  signature: z
    .enum(['v1', 'v1a'])
    .default('v1')
    .meta({ description: '`v1`: HMAC-SHA256 with a shared secret. `v1a`: ed25519 with a public key.' }),
  thin: fields.thin.default(false),
  coalesce_batches: fields.coalesce_batches.default(false),
});
export type NewWebhookEndpoint = z.infer<typeof newWebhookEndpointSchema>;

/** The body of `PATCH /v1/webhook_endpoints/{id}`; what is not sent stays. */
export const webhookEndpointChangesSchema = z.strictObject({
  url: fields.url.optional(),
  events: fields.events.optional(),
  description: fields.description.optional(),
  headers: fields.headers.optional().meta({ description: 'All of them: those not sent are gone.' }),
  rate_limit_per_second: fields.rate_limit_per_second.optional(),
  concurrency: fields.concurrency.optional(),
  thin: fields.thin.optional(),
  coalesce_batches: fields.coalesce_batches.optional(),
  disabled: z.literal(true).optional().meta({ description: 'Stops deliveries; `/enable` resumes them.' }),
});
export type WebhookEndpointChanges = z.infer<typeof webhookEndpointChangesSchema>;

export const ENDPOINT_DISABLED_REASONS = ['gone', 'failing', 'by_hand'] as const;
export type EndpointDisabledReason = (typeof ENDPOINT_DISABLED_REASONS)[number];

/** As the API shows it, and `data` of the event `webhook_endpoint.disabled`. */
export const webhookEndpointSchema = z.object({
  id: z.string(),
  object: z.literal('webhook_endpoint'),
  url: z.string(),
  description: z.string(),
  events: z.array(z.string()),
  headers: z.record(z.string(), z.string()).meta({ description: 'Values that look secret are masked.' }),
  rate_limit_per_second: z.number().nullable(),
  concurrency: z.number(),
  signature: z.enum(['v1', 'v1a']),
  public_key: z.string().nullable().meta({ description: '`whpk_…` of an endpoint with `v1a`.' }),
  previous_secret_until: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'Until when the secret before the last rotation signs too.' }),
  thin: z.boolean(),
  coalesce_batches: z.boolean(),
  status: z.enum(['enabled', 'disabled']),
  disabled_reason: z.enum(ENDPOINT_DISABLED_REASONS).nullable(),
  disabled_at: z.iso.datetime().nullable(),
  failing_since: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'First failure since the last delivery that arrived.' }),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type ShownWebhookEndpoint = z.infer<typeof webhookEndpointSchema>;

/** With the secret, at creation and rotation only. Null with `v1a`: the private key never leaves. */
export const createdWebhookEndpointSchema = webhookEndpointSchema.extend({
  secret: z.string().nullable().meta({ description: '`whsec_…`. It is shown only now.' }),
});
